"""The base class of data sources that read files: pairs are checked, cropped to squares, resized and cached."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final

from rich.console import Console

from cutout_rl.data.decoding import BACKGROUND, OBJECT, VOID, read_image, read_size
from cutout_rl.data.entry import Entry, Found
from cutout_rl.data.frame import FRAMES, Frame
from cutout_rl.data.image_files import Shape, read_header, turn_upright, upright_shape
from cutout_rl.data.left_out import LeftOut, Tally
from cutout_rl.data.resize import object_square, resize_image, resize_trimap
from cutout_rl.data.source import Sample
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.progress import track
from cutout_rl.utils.shown import first_names

_MAX_CACHE_BYTES: Final = 128 * 2**20
_LARGEST: Final = 4096  # px, the side of samples
_FEW: Final = 50  # pairs of a split that opening decodes
_CHECKED_PIXELS: Final = 25_000_000  # of more pairs, opening decodes the first of that many pixels, and reads headers
_FEWEST_SHOWN: Final = 500  # pairs whose checks show progress


class FileSource(ABC):
    """One split of image files of any size.

    A sample is the largest square crop of its image in which the object is as central as the border allows, resized.
    Up to 128 MiB of samples are cached; others are read again on every access. A pickled copy has an empty cache and
    does not check the files again.

    Attributes:
        skipped: one error message for each bad pair that was skipped.
        notes: sentences on what was left out or is uncertain.
    """

    def __init__(
        self,
        found: Iterable[Found],
        image_size: int,
        check: bool,
        skip_bad: bool,
        frame: Frame = "upright",
        notes: Collection[str] = (),
    ) -> None:
        """List the pairs of the split.

        Args:
            found: the pairs, records of objects that are left out, and error messages in the place of bad pairs.
            image_size: the side of the samples in pixels.
            check: compare the sizes of all pairs now, and decode fifty, to find bad ones; fewer of large images.
            skip_bad: read every pair now; skip bad ones and list them in `skipped`, instead of raising.
            frame: the frame of masks of images that their EXIF data turns, where sizes do not tell it.
            notes: further sentences for `notes`.

        Raises:
            CutOutError: the split is empty, the samples would be too large, or, without `skip_bad`, a pair is bad.
        """
        require_choice("masks_frame", frame, FRAMES)
        if image_size > _LARGEST:
            raise CutOutError(f"image_size is {image_size}, but must be at most {_LARGEST} pixels.")
        self._image_size = image_size
        self._frame = frame
        self._entries: list[Entry] = []
        self._cache: dict[int, Sample] = {}
        bad: list[str] = []
        left_out = Tally()
        mask_of: dict[str, str] = {}
        uncertain: list[str] = []
        checked = check or skip_bad
        if checked:
            found = list(found)
        decode_all = skip_bad or (checked and sum(isinstance(each, Entry) for each in found) <= _FEW)
        budget = _CHECKED_PIXELS
        for each in _with_progress(found):
            if isinstance(each, LeftOut):
                left_out.add(each)
                continue
            try:
                if isinstance(each, str):
                    raise CutOutError(each)
                if each.name in mask_of:
                    raise CutOutError(
                        f"{each.mask_name} and {mask_of[each.name]} both give a sample named {each.name}; rename one"
                        " of the images, or number the objects differently."
                    )
                if checked:
                    pixels, is_uncertain = self.compare_sizes(each)
                    if is_uncertain:
                        uncertain.append(each.image.name)
                    if decode_all or pixels <= budget:
                        self._sample(len(self._entries), each)
                        # Small images take time too.
                        budget -= max(pixels, _CHECKED_PIXELS // _FEW)
            except CutOutError as error:
                bad.append(str(error))
            else:
                mask_of[each.name] = each.mask_name
                self._entries.append(each)
        if bad and not skip_bad:
            raise CutOutError(_with_count(bad))
        if not self._entries:
            raise CutOutError(self._empty(bad, left_out))
        self.skipped = tuple(bad)
        self.notes = (*notes, *self._note_left_out(left_out), *self._note_frames(uncertain))

    @abstractmethod
    def _empty(self, bad: Sequence[str], left_out: Tally) -> str:
        """Return the error message for a split without pairs, of which `bad` were bad."""

    @abstractmethod
    def _where(self) -> str:
        """Return the split and its place in messages, such as "split val of DIR"."""

    def __len__(self) -> int:
        """Return the number of pairs in the split."""
        return len(self._entries)

    def __getitem__(self, index: int) -> Sample:
        """Return pair `index` in fresh arrays of `image_size` x `image_size`.

        Raises:
            IndexError: the index is not in [0, len).
            CutOutError: the pair is bad; opening did not decode it, or its files have changed.
        """
        if not 0 <= index < len(self._entries):
            raise IndexError(f"index {index} is not in [0, {len(self._entries)})")
        sample = self._sample(index, self._entries[index])
        return Sample(sample.image.copy(), sample.mask.copy(), sample.void.copy(), sample.name)

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without cached pixels."""
        return self.__dict__ | {"_cache": {}}

    def _sample(self, index: int, entry: Entry) -> Sample:
        if index in self._cache:
            return self._cache[index]
        sample = _load(entry, self._image_size, self._frame)
        bytes_each = sample.image.nbytes + sample.mask.nbytes + sample.void.nbytes
        if (len(self._cache) + 1) * bytes_each <= _MAX_CACHE_BYTES:
            self._cache[index] = sample
        return sample

    def compare_sizes(self, entry: Entry) -> tuple[int, bool]:
        """Compare the sizes in the headers of a pair.

        Returns:
            The pixels of the image, and whether the sizes leave it open how the mask of a turned image lies.

        Raises:
            CutOutError: the sizes differ, or a file cannot be opened.
        """
        stored, orientation = read_header(entry.image)
        mask_shape = entry.mask_shape
        if not (isinstance(mask_shape, tuple) or mask_shape is None):
            mask_shape = read_size(mask_shape)
        upright = upright_shape(stored, orientation)
        if mask_shape not in (None, upright, stored):
            raise CutOutError(_other_size(entry, upright, mask_shape))
        return stored[0] * stored[1], orientation != 1 and (mask_shape is None or upright == stored)

    def _note_left_out(self, left_out: Tally) -> Iterator[str]:
        if listed := str(left_out):
            count = len(self._entries)
            yield f"{count} object{'s' * (count != 1)} in {self._where()}; left out: {listed}."

    def _note_frames(self, images: list[str]) -> Iterator[str]:
        names = list(dict.fromkeys(images))
        if names:
            other = "stored" if self._frame == "upright" else "upright"
            yield (
                f"{len(names)} image{'s' * (len(names) > 1)} in {self._where()} turned by EXIF data, whose size does"
                f" not tell how the masks lie ({first_names(names)}): they are read as"
                f" {self._frame}; if the objects are off, use --masks-frame {other}."
            )


def _with_progress(found: Iterable[Found]) -> Iterable[Found]:
    if isinstance(found, list) and len(found) >= _FEWEST_SHOWN:
        return track(found, "checking images", Console(stderr=True))
    return found


def _load(entry: Entry, size: int, frame: Frame) -> Sample:
    image, trimap = read_image(entry.image), entry.read_mask()
    upright = (image.height, image.width)
    stored, orientation = read_header(entry.image)
    # The size tells the frame, or else the user does.
    if orientation != 1 and trimap.shape == stored and (stored != upright or frame == "stored"):
        trimap = turn_upright(trimap, orientation)
    if trimap.shape != upright:
        raise CutOutError(_other_size(entry, upright, (trimap.shape[0], trimap.shape[1])))
    for kind, word in ((OBJECT, "object"), (BACKGROUND, "background")):
        if not (trimap == kind).any():
            raise CutOutError(
                f"{entry.mask_name} contains no {word}; mark both object and background, or remove the pair."
            )
    top, left, side = object_square(trimap)
    resized = resize_trimap(trimap[top : top + side, left : left + side], size)
    for kind, word in ((OBJECT, "object"), (BACKGROUND, "background")):
        if not (resized == kind).any():
            raise CutOutError(
                f"{entry.mask_name} has no {word} left in a square crop of {size} pixels; "
                "increase the image size or remove the pair."
            )
    if image.size != (side, side):  # a copy of a huge image takes as much memory again
        image = image.crop((left, top, left + side, top + side))
    square = resize_image(image, size)
    return Sample(square, resized == OBJECT, resized == VOID, entry.name)


def _other_size(entry: Entry, upright: Shape, found: Shape) -> str:
    return (
        f"{entry.image} is {upright[1]} x {upright[0]} pixels upright but {entry.mask_name} is "
        f"{found[1]} x {found[0]}; save the mask at the size of its image."
    )


def _with_count(bad: list[str]) -> str:
    more = f"{len(bad) - 1} more bad pair{'s' * (len(bad) > 2)} in this split; " if len(bad) > 1 else ""
    return f"{bad[0].removesuffix('.')} ({more}skip_bad, --skip-bad on the command line, skips bad pairs)."
