"""The images of the page, by file name, and uploads."""

import logging
from collections.abc import Collection
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data import DataSource
from cutout_rl.data.decoding import OBJECT, VOID, read_class_trimap, read_image, read_size, read_trimap
from cutout_rl.data.folder_listing import by_name, list_folder
from cutout_rl.data.image_files import (
    FORMATS_READ,
    File,
    Shape,
    is_readable,
    opened,
    read_header,
    unreadable_remedy,
    upright_shape,
)
from cutout_rl.utils.atomic_write import replacing
from cutout_rl.utils.errors import CutOutError

MAX_BYTES: Final = 64 * 2**20  # of an upload
MAX_PIXELS: Final = 50_000_000
MAX_IMAGES: Final = 10_000
MAX_RENDERED: Final = 200  # procedural images
_SUFFIX_OF: Final = {
    **{"PNG": ".png", "JPEG": ".jpg", "MPO": ".jpg", "WEBP": ".webp", "BMP": ".bmp", "TIFF": ".tif", "GIF": ".gif"},
    **{"AVIF": ".avif", "HEIF": ".heic"},
}
_OUTPUTS: Final = ("masks", "annotations", "cutouts")
_log: Final = logging.getLogger(__name__)
_LONGEST_STEM: Final = 80

GroundTruth = tuple[NDArray[np.bool_], NDArray[np.bool_]]


class ImageStore:
    """Images by file name; only listed names are ever read.

    The images of a folder are those in `folder/images`, or in the folder itself if there is no such subfolder. Their
    ground truth is in `folder/<masks>`. Uploads come last.
    """

    def __init__(
        self,
        source: DataSource | Path,
        uploads: Path,
        prefix: str = "image",
        masks: str = "masks",
        masks_class: int | None = None,
    ) -> None:
        """List the images.

        Args:
            source: procedural images, or a folder.
            uploads: folder of the uploads.
            prefix: of the file names of procedural images.
            masks: name of the folder of masks.
            masks_class: number of the class that is the object, if the masks number classes.

        Raises:
            CutOutError: the folder does not exist or contains no image.
        """
        self._uploads = uploads
        self._masks_class = masks_class
        self._warned: set[str] = set()
        self._lock = Lock()
        self._arriving: set[str] = set()  # stems of uploads that are not yet stored
        self._files: dict[str, Path] = {}
        self._mask_files: dict[str, Path] = {}
        self._rendered: dict[str, int] = {}
        self._source: DataSource | None = None
        if isinstance(source, Path):
            folder = source / "images" if (source / "images").is_dir() else source
            self._files, left_out = _images_in(folder, (masks, *_OUTPUTS))
            if not self._files:
                reason = f" It has {left_out}." if left_out else ""
                raise CutOutError(f"{folder} holds no images; put {FORMATS_READ} files into it.{reason}")
            if left_out:
                _log.warning("%d images of %s; left out: %s.", len(self._files), folder, left_out)
            self._mask_files = _pair(self._files, _images_in(source / masks)[0])
        else:
            self._source = source
            self._rendered = {f"{prefix}-{index:04d}.png": index for index in range(min(MAX_RENDERED, len(source)))}
        uploaded = _images_in(uploads)[0]
        if hidden := uploaded.keys() & set(self._known()):
            _log.warning("Uploads named like images of the folder are hidden: %s; rename them.", ", ".join(hidden))
        self._files |= {name: path for name, path in uploaded.items() if name not in hidden}

    def names(self) -> list[str]:
        """Return the file names, in display order."""
        with self._lock:
            return self._known()

    def load(self, name: str) -> NDArray[np.uint8]:
        """Load an (H, W, 3) uint8 RGB image, a fresh array.

        Raises:
            CutOutError: there is no such image, or it is damaged or too large.
        """
        self._require(name)
        if name in self._rendered and self._source is not None:
            return np.array(self._source[self._rendered[name]].image)
        path = self._files[name]
        _require_size(path, path.name)
        return np.array(read_image(path))

    def shape(self, name: str) -> Shape:
        """Return the height and width of an image, of a file from its header.

        Raises:
            CutOutError: there is no such image, or it is damaged.
        """
        self._require(name)
        if name in self._files:
            return read_size(self._files[name])
        height, width = self.load(name).shape[:2]
        return height, width

    def ground_truth(self, name: str) -> GroundTruth | None:
        """Load the (H, W) bool object and void pixels of an image.

        Returns:
            The pixels, or None if the image has no mask, or one that cannot be read, which is logged.

        Raises:
            CutOutError: there is no such image.
        """
        self._require(name)
        if name in self._rendered and self._source is not None:
            sample = self._source[self._rendered[name]]
            return sample.mask, sample.void
        if name not in self._mask_files:
            return None
        file = self._mask_files[name]
        try:
            _require_size(file, file.name)
            trimap = read_trimap(file) if self._masks_class is None else read_class_trimap(file, self._masks_class)
        except CutOutError as error:
            if name not in self._warned:
                _log.warning("%s is shown without ground truth: %s", name, error)
            self._warned.add(name)
            return None
        return trimap == OBJECT, trimap == VOID

    def frame_is_unknown(self, name: str) -> bool:
        """Return whether EXIF data turns an image so that its size does not change."""
        self._require(name)
        if name not in self._files:
            return False
        stored, orientation = read_header(self._files[name])
        return orientation != 1 and upright_shape(stored, orientation) == stored

    def file_size(self, name: str) -> int:
        """Return the size of an image's file in bytes; 0 if it was rendered."""
        self._require(name)
        return self._files[name].stat().st_size if name in self._files else 0

    def add(self, name: str, data: bytes) -> str:
        """Store an uploaded image under a new name.

        Args:
            name: the user's file name; only letters, digits, `-` and `_` of its stem are kept.
            data: the file, at most 64 MiB.

        Returns:
            The new file name.

        Raises:
            CutOutError: it is not an image of a format that can be read, it is too large, or there are too many images.
        """
        if len(data) > MAX_BYTES:
            raise CutOutError(f"The upload is larger than {MAX_BYTES >> 20} MiB; make the image smaller.")
        suffix = _SUFFIX_OF[_require_size(data, "The upload", Path(name).suffix.lower())]
        letters = "".join(
            letter for letter in Path(name).stem if (letter.isalnum() and letter.isascii()) or letter in "-_"
        )
        stem = letters[:_LONGEST_STEM] or "upload"
        with self._lock:
            if len(self._known()) + len(self._arriving) >= MAX_IMAGES:
                raise CutOutError(f"There are already {MAX_IMAGES} images; upload to another folder with --out.")
            stems = {Path(known).stem.lower() for known in self._known()} | self._arriving
            free, number = stem, 1
            while free.lower() in stems:
                number += 1
                free = f"{stem}-{number}"
            self._arriving.add(free.lower())
        path = self._uploads / f"{free}{suffix}"
        try:  # without the lock, because it takes long, and others wait for the names
            with replacing(path) as temporary:
                temporary.write_bytes(data)
            try:
                read_image(path)
            except CutOutError:
                path.unlink()
                raise CutOutError("The upload cannot be read as an image; save it again as PNG or JPEG.") from None
            with self._lock:
                self._files[path.name] = path
        finally:
            with self._lock:
                self._arriving.remove(free.lower())
        return path.name

    def _known(self) -> list[str]:
        return [*self._rendered, *self._files]

    def _require(self, name: str) -> None:
        if name not in self._rendered and name not in self._files:
            raise CutOutError(f"There is no image {name[:100]!r}; choose a listed one.")


def _images_in(folder: Path, ignored: Collection[str] = ()) -> tuple[dict[str, Path], str]:
    """Return the images of a folder by file name, and what else it holds."""
    if not folder.is_dir():
        return {}, ""
    root = folder.resolve()
    listing = list_folder(folder, ignored=ignored)
    inside = {path.name: path for path in listing.images if path.resolve().parent == root}
    n_links = len(listing.images) - len(inside)
    links = [f"{n_links} link{'s' * (n_links > 1)} out of the folder"] if n_links else []
    return inside, ", ".join([*listing.left_out, *links])


def _pair(images: dict[str, Path], masks: dict[str, Path]) -> dict[str, Path]:
    """Return the mask of each image; images or masks of one stem, which cannot be told apart, have none."""
    masks_of, images_of = by_name(masks.values()), by_name(images.values())
    pairs = {}
    for stem, of_stem in images_of.items():
        found = masks_of.get(stem, [])
        if len(of_stem) == len(found) == 1:
            pairs[of_stem[0].name] = found[0]
        elif found:
            _log.warning("Several images or masks are named %s; they are shown without ground truth.", stem)
    return pairs


def _require_size(file: File, what: str, suffix: str = "") -> str:
    """Read the format from an image's header, before anything is decoded; raise CutOutError if it is unsuitable."""
    try:
        with opened(file, what) as image:
            pixels, kind = image.width * image.height, str(image.format)
    except CutOutError:
        remedy = f"save it as {FORMATS_READ}" if is_readable(suffix) else unreadable_remedy(suffix)
        raise CutOutError(f"{what} is not an image that can be read, or is too large; {remedy}.") from None
    if pixels > MAX_PIXELS:
        raise CutOutError(f"{what} has {pixels} pixels; it must have at most {MAX_PIXELS}.")
    if kind not in _SUFFIX_OF:
        raise CutOutError(f"{what} is a {kind} file; save it as {FORMATS_READ}.")
    return kind
