"""The output folder of `cutout_rl.annotate`."""

import csv
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from io import StringIO
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.annotation.formats import decode_mask, encode_mask, encode_scribbles
from cutout_rl.annotation.inference import AnnotatedImage
from cutout_rl.annotation.start_points_file import Pixels
from cutout_rl.annotation.written_files import WrittenFiles, require_no_links
from cutout_rl.utils.atomic_write import clear_partial, write_json
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.file_lock import LockHeldError, file_lock
from cutout_rl.utils.untrusted_file import parse_json, read_file

REVIEW: Final = "review.csv"
_LOCK: Final = ".annotate.lock"
_LONGEST_NAME: Final = 250  # bytes of an image's name, beside ".json"
_MAX_EPISODE: Final = 2**24  # bytes


@dataclass(frozen=True)
class Task:
    """The inputs of one image's annotation; an image is annotated again only if they change.

    Attributes:
        image: file name.
        content: SHA-256 of the file.
        file_size: size of the file in bytes.
        agent: hash of the agent's weights and configuration.
        points: start points of the pens in pixels of the image, `DEFAULT_POINTS` for the default.
    """

    image: str
    content: str
    file_size: int
    agent: str
    points: Pixels

    def as_json(self) -> dict[str, Any]:
        """Return the fields as JSON values, with lists for tuples."""
        record: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return record


class AnnotatedFolder:
    """The results of annotation, one image at a time.

    | file | content |
    |---|---|
    | `masks/STEM.png` | 0 on the background, 255 on the object, at the size of the upright image |
    | `scribbles/STEM.png` | 0, 1 inside scribble, 2 outside scribble, at that size |
    | `plays/IMAGE.json` | task, height and width, start points, moves and the agent's estimate of the mask's IoU, if it
      has one; written last, to mark the image as done |
    | `review.csv` | the images by that estimate, the lowest first |
    | `written.sha256` | SHA-256 of all other files, so that none of somebody else is replaced |

    Attributes:
        path: the folder.
        written: what annotation has written into it.
    """

    def __init__(self, path: Path, overwrite: bool) -> None:
        """Read the record of what was written; use `open` instead, which locks the folder."""
        self.path = path
        self.written = WrittenFiles(path, overwrite)

    @classmethod
    @contextmanager
    def open(cls, path: Path, overwrite: bool) -> "Iterator[AnnotatedFolder]":
        """Lock the folder, so that no other process annotates into it, and remove partial files of killed processes.

        The folder is created if necessary; at the end an empty one is removed.

        Args:
            path: the folder.
            overwrite: replace masks and exports that annotation has not written, or that were edited since.

        Raises:
            CutOutError: a folder in it is a link, or another process annotates into it.
        """
        require_no_links(path, ("masks", "scribbles", "plays", "indexed", "labelme", "yolo"))
        path.mkdir(parents=True, exist_ok=True)
        try:
            with file_lock(path / _LOCK):
                clear_partial(path, 0)
                yield cls(path, overwrite)
        except LockHeldError:
            raise CutOutError(
                f"Another process is annotating into {path}; wait for its end, or choose another folder with --out."
            ) from None
        finally:
            with suppress(OSError):
                path.rmdir()

    def add(self, task: Task, result: AnnotatedImage) -> None:
        """Write the results for an image.

        Raises:
            CutOutError: they would replace a file that annotation has not written.
        """
        self.written.write(png_name("scribbles", task.image), encode_scribbles(result.labels))
        self.written.write(png_name("masks", task.image), encode_mask(result.mask))
        episode: dict[str, Any] = {"shape": result.mask.shape, "start": result.start, "moves": result.moves}
        if result.estimated_iou is not None:
            episode["estimated_iou"] = result.estimated_iou
        write_json(self._episode_path(task.image), task.as_json() | episode)

    def foreign(self, task: Task) -> list[str]:
        """Return the files that the results for an image would replace without a right."""
        return self.written.foreign(png_name(folder, task.image) for folder in ("masks", "scribbles"))

    def has(self, task: Task) -> bool:
        """Return whether an image is done."""
        try:
            episode = self.episode(task.image)
        except CutOutError:
            return False
        return task.as_json().items() <= episode.items() and (self.path / png_name("masks", task.image)).is_file()

    def episode(self, image: str) -> dict[str, Any]:
        """Read the episode on an image: the fields of its task, `shape`, `start` and `moves`.

        Raises:
            CutOutError: the image is not done, or the file is damaged.
        """
        file = self._episode_path(image)
        record = parse_json(read_file(file, str(file), _MAX_EPISODE), str(file), _MAX_EPISODE)
        if not isinstance(record, dict):
            raise CutOutError(f"{file} is damaged; remove it to annotate the image again.")
        return record

    def mask(self, image: str) -> NDArray[np.bool_]:
        """Read the current (H, W) bool mask of a finished image, which the user may have edited.

        Raises:
            CutOutError: the file is missing or no longer a mask of the image.
        """
        height, width = self.episode(image)["shape"]
        file = self.path / png_name("masks", image)
        try:
            return decode_mask(file.read_bytes(), (height, width))
        except (CutOutError, FileNotFoundError) as error:
            reason = f" ({str(error).removesuffix('.')})" if isinstance(error, CutOutError) else ""
            raise CutOutError(
                f"{file} is no longer a black and white image of {width} x {height} pixels{reason}; remove it and"
                f" {self._episode_path(image)} to annotate the image again."
            ) from None

    def problem(self, image: str) -> str | None:
        """Return what is wrong with the mask of a finished image that the user has edited, or None."""
        if self.written.is_own(png_name("masks", image)):
            return None
        try:
            self.mask(image)
        except CutOutError as error:
            return str(error)
        return None

    def write_review(self, images: Sequence[str]) -> str | None:
        """Write finished images and the agent's estimates of their IoU to `review.csv`, the lowest first.

        Returns:
            The first image; None if the agent estimates nothing, and no file is written.

        Raises:
            CutOutError: the file would replace one that annotation has not written.
        """
        estimates = {image: self.episode(image).get("estimated_iou") for image in images}
        known = sorted((estimate, image) for image, estimate in estimates.items() if isinstance(estimate, float))
        if not known:
            return None
        text = StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(["image", "estimated_iou"])
        rows.writerows([image, f"{estimate:.3f}"] for estimate, image in known)
        self.written.write(REVIEW, text.getvalue().encode())
        return known[0][1]

    def _episode_path(self, image: str) -> Path:
        encoded = os.fsencode(image)
        name = image if len(encoded) <= _LONGEST_NAME else hashlib.sha256(encoded).hexdigest()
        return self.path / "plays" / f"{name}.json"


def png_name(folder: str, image: str) -> str:
    """Return the path of an image's PNG file in a folder of the output, relative to the output."""
    return f"{folder}/{Path(image).stem}.png"
