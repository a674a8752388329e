"""Export of an annotated folder to the formats of other tools."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from cutout_rl.annotation.annotated_folder import AnnotatedFolder
from cutout_rl.annotation.formats import FORMATS, Annotation, encode_indexed, encode_trajectories
from cutout_rl.evaluation.demonstrations import Demonstrations
from cutout_rl.game.config import GameConfig
from cutout_rl.game.rules import STOP
from cutout_rl.utils.atomic_write import write_bytes

Export = Literal["masks", "scribbles", "indexed", "coco", "coco-polygons", "via-csv", "via-json", "trajectories"]


def export(kind: Export, folder: AnnotatedFolder, images: Sequence[str], label: str, game_config: GameConfig) -> Path:
    """Export finished images to a file or a folder.

    Args:
        kind: the format; masks and scribbles exist already.
        folder: the annotated folder.
        images: file names of the images, at least one.
        label: label of the agent.
        game_config: settings of its game, with the folder of the images as data.

    Returns:
        The path of the file or folder.

    Raises:
        CutOutError: a mask was edited and no longer fits its image.
    """
    if kind in ("masks", "scribbles", "indexed"):
        for image in images if kind == "indexed" else ():
            write_bytes(folder.png_path(kind, image), encode_indexed(folder.mask(image).astype(np.uint8)))
        return folder.path / kind
    if kind == "trajectories":
        path = folder.path / "trajectories.json"
        data = encode_trajectories(_trajectories(folder, images, label, game_config))
    else:
        path = folder.path / FORMATS[kind].file
        file_sizes = {image: int(folder.episode(image)["file_size"]) for image in images}
        data = FORMATS[kind].encode((Annotation(image, folder.mask(image)) for image in images), file_sizes)
    write_bytes(path, data)
    return path


def _trajectories(
    folder: AnnotatedFolder, images: Sequence[str], label: str, game_config: GameConfig
) -> Demonstrations:
    episodes = [folder.episode(image) for image in images]
    actions = np.full((len(images), game_config.step_count), STOP, np.int64)
    for row, episode in zip(actions, episodes, strict=True):
        row[: len(episode["moves"])] = episode["moves"]
    return Demonstrations(
        label,
        game_config,
        tuple(images),
        np.arange(len(images)),
        np.zeros(len(images), np.int64),
        np.array([episode["start"] for episode in episodes], np.int64),
        actions,
        np.full((len(images), game_config.step_count + 1), np.nan),  # no ground truth
    )
