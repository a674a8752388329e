"""Writing what an agent cut out in the formats of other tools."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from cutout_rl.annotation.annotated_folder import AnnotatedFolder
from cutout_rl.annotation.formats import Annotation, encode_indexed, encode_trajectories
from cutout_rl.data.formats.by_name import FORMATS
from cutout_rl.evaluation.demonstrations import Demonstrations
from cutout_rl.game.config import GameConfig
from cutout_rl.game.rules import STOP
from cutout_rl.utils.atomic_write import write_bytes

Export = Literal["masks", "scribbles", "indexed", "coco", "coco-polygons", "via-csv", "via-json", "trajectories"]


def export(kind: Export, folder: AnnotatedFolder, images: Sequence[str], label: str, game_config: GameConfig) -> Path:
    """Write one more file, or folder of files, of images that are done.

    Args:
        kind: the format; masks and scribbles are in the folder anyway.
        folder: where the images were cut out into.
        images: their file names, at least one.
        label: of the player.
        game_config: of its game, with the folder of the images as its data.

    Returns:
        The file or the folder.

    Raises:
        CutOutError: a mask was changed and does not fit any more.
    """
    if kind in ("masks", "scribbles", "indexed"):
        for image in images if kind == "indexed" else ():
            write_bytes(folder.picture(kind, image), encode_indexed(folder.mask(image).astype(np.uint8)))
        return folder.path / kind
    if kind == "trajectories":
        path = folder.path / "trajectories.json"
        data = encode_trajectories(_trajectories(folder, images, label, game_config))
    else:
        path = folder.path / FORMATS[kind].file
        file_sizes = {image: int(folder.play(image)["file_size"]) for image in images}
        data = FORMATS[kind].encode((Annotation(image, folder.mask(image)) for image in images), file_sizes)
    write_bytes(path, data)
    return path


def _trajectories(
    folder: AnnotatedFolder, images: Sequence[str], label: str, game_config: GameConfig
) -> Demonstrations:
    plays = [folder.play(image) for image in images]
    actions = np.full((len(images), game_config.step_count), STOP, np.int64)
    for row, play in zip(actions, plays, strict=True):
        row[: len(play["moves"])] = play["moves"]
    return Demonstrations(
        label,
        game_config,
        tuple(images),
        np.arange(len(images)),
        np.zeros(len(images), np.int64),
        np.array([play["start"] for play in plays], np.int64),
        actions,
        np.full((len(images), game_config.step_count + 1), np.nan),  # nobody knows the truth
    )
