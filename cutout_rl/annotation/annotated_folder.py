"""The folder that images are cut out into, one after the other."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutout_rl.annotation.formats import decode_mask, encode_mask, encode_scribbles
from cutout_rl.annotation.inference import CutOut
from cutout_rl.annotation.start_points import Pixels
from cutout_rl.utils.atomic_write import clear_partial, write_bytes, write_json
from cutout_rl.utils.errors import CutOutError


@dataclass(frozen=True)
class Task:
    """What is to be done to an image; one that was done is not done again as long as this is the same.

    Attributes:
        image: its file name.
        file_size: in bytes.
        agent: a hash of its weights and configuration.
        points: where the pens are to start, in pixels of the image; None where nobody said.
    """

    image: str
    file_size: int
    agent: str
    points: Pixels

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON has it, with lists for tuples."""
        record: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return record


class AnnotatedFolder:
    """Keeps what an agent did to each image, so that nothing is done twice.

    | file | content |
    |---|---|
    | `masks/STEM.png` | 0 on the background, 255 on the object, at the size of the upright image |
    | `scribbles/STEM.png` | 0, 1 inside scribble, 2 outside scribble, at that size |
    | `plays/IMAGE.json` | task, height and width, start points and moves; written last, as the sign of being done |
    """

    def __init__(self, path: Path) -> None:
        """Name the folder, and remove what a killed process left half written in it."""
        self.path = path
        clear_partial(path)

    def add(self, task: Task, cut_out: CutOut) -> None:
        """Keep what was done to an image."""
        write_bytes(self.picture("scribbles", task.image), encode_scribbles(cut_out.labels))
        write_bytes(self.picture("masks", task.image), encode_mask(cut_out.mask))
        play = {"shape": cut_out.mask.shape, "start": cut_out.start, "moves": cut_out.moves}
        write_json(self._play(task.image), task.as_json() | play)

    def has(self, task: Task) -> bool:
        """Say whether an image is done."""
        try:
            return task.as_json().items() <= self.play(task.image).items()
        except (OSError, ValueError):
            return False

    def play(self, image: str) -> dict[str, Any]:
        """Read what `add` kept of an image: the fields of its task, `shape`, `start` and `moves`.

        Raises:
            OSError: the image is not done.
            ValueError: the file is damaged.
        """
        record = json.loads(self._play(image).read_text(encoding="utf-8"))
        if not isinstance(record, dict):
            raise ValueError("no object")
        return record

    def mask(self, image: str) -> NDArray[np.bool_]:
        """Read the (H, W) bool mask of an image that is done, as it is on the disk now.

        Raises:
            CutOutError: it was changed into what is no mask of the image.
        """
        height, width = self.play(image)["shape"]
        file = self.picture("masks", image)
        try:
            return decode_mask(file.read_bytes(), (height, width))
        except (CutOutError, FileNotFoundError):
            raise CutOutError(
                f"{file} is no black and white PNG of {width} x {height} pixels any more; remove"
                f" {self._play(image)}, and the image is cut out again."
            ) from None

    def picture(self, folder: str, image: str) -> Path:
        """Name the PNG file of one kind that belongs to an image."""
        return self.path / folder / f"{Path(image).stem}.png"

    def _play(self, image: str) -> Path:
        return self.path / "plays" / f"{image}.json"
