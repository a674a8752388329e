"""The output folder of `cutout_rl.annotate`."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutout_rl.annotation.formats import decode_mask, encode_mask, encode_scribbles
from cutout_rl.annotation.inference import AnnotatedImage
from cutout_rl.annotation.start_points_file import Pixels
from cutout_rl.utils.atomic_write import clear_partial, write_bytes, write_json
from cutout_rl.utils.errors import CutOutError


@dataclass(frozen=True)
class Task:
    """The inputs of one image's annotation; an image is annotated again only if they change.

    Attributes:
        image: file name.
        file_size: size of the file in bytes.
        agent: hash of the agent's weights and configuration.
        points: start points of the pens in pixels of the image; None for the default.
    """

    image: str
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
    | `plays/IMAGE.json` | task, height and width, start points and moves; written last, to mark the image as done |
    """

    def __init__(self, path: Path) -> None:
        """Remove partial files of a killed process from the folder."""
        self.path = path
        clear_partial(path)

    def add(self, task: Task, result: AnnotatedImage) -> None:
        """Write the results for an image."""
        write_bytes(self.png_path("scribbles", task.image), encode_scribbles(result.labels))
        write_bytes(self.png_path("masks", task.image), encode_mask(result.mask))
        episode = {"shape": result.mask.shape, "start": result.start, "moves": result.moves}
        write_json(self._episode_path(task.image), task.as_json() | episode)

    def has(self, task: Task) -> bool:
        """Return whether an image is done."""
        try:
            return task.as_json().items() <= self.episode(task.image).items()
        except (OSError, ValueError):
            return False

    def episode(self, image: str) -> dict[str, Any]:
        """Read the episode on an image: the fields of its task, `shape`, `start` and `moves`.

        Raises:
            OSError: the image is not done.
            ValueError: the file is damaged.
        """
        record = json.loads(self._episode_path(image).read_text(encoding="utf-8"))
        if not isinstance(record, dict):
            raise ValueError("not a JSON object")
        return record

    def mask(self, image: str) -> NDArray[np.bool_]:
        """Read the current (H, W) bool mask of a finished image, which the user may have edited.

        Raises:
            CutOutError: the file is missing or no longer a mask of the image.
        """
        height, width = self.episode(image)["shape"]
        file = self.png_path("masks", image)
        try:
            return decode_mask(file.read_bytes(), (height, width))
        except (CutOutError, FileNotFoundError):
            raise CutOutError(
                f"{file} is no longer a black and white PNG of {width} x {height} pixels; remove"
                f" {self._episode_path(image)} to annotate the image again."
            ) from None

    def png_path(self, folder: str, image: str) -> Path:
        """Return the path of an image's PNG file in a folder."""
        return self.path / folder / f"{Path(image).stem}.png"

    def _episode_path(self, image: str) -> Path:
        return self.path / "plays" / f"{image}.json"
