"""Export of an annotated folder to the formats of other tools."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import numpy as np

from cutout_rl.annotation.annotated_folder import AnnotatedFolder, png_name
from cutout_rl.annotation.formats import (
    FOLDER_FORMATS,
    FORMATS,
    Annotation,
    encode_indexed,
    encode_trajectories,
)
from cutout_rl.evaluation.demonstrations import Demonstrations
from cutout_rl.game.config import GameConfig
from cutout_rl.game.rules import STOP

Export = Literal[
    "masks", "scribbles", "indexed", "coco", "coco-polygons", "via-csv", "via-json", "labelme", "yolo", "trajectories"
]
_BEFORE: Final = ("masks", "scribbles")  # written with each image


def exported_files(kind: Export, images: Sequence[str]) -> list[str]:
    """Return the files that an export writes, relative to the annotated folder."""
    if kind in _BEFORE:
        return []
    if kind == "indexed":
        return [png_name(kind, image) for image in images]
    if kind == "trajectories":
        return ["trajectories.json"]
    if kind in FOLDER_FORMATS:
        return [f"{kind}/{name}" for name in FOLDER_FORMATS[kind].names(images)]
    return [FORMATS[kind].file]


def export(kind: Export, folder: AnnotatedFolder, images: Sequence[str], label: str, game_config: GameConfig) -> Path:
    """Export finished images to a file or a folder.

    Args:
        kind: the format; masks and scribbles exist already.
        folder: the annotated folder.
        images: file names of the images, at least one.
        label: label of the agent.
        game_config: settings of the games that it played, with the folder of the images as data.

    Returns:
        The path of the file or folder.

    Raises:
        CutOutError: a mask was edited and no longer fits its image, or a file would be replaced that annotation has
            not written.
    """
    annotations = (Annotation(image, folder.mask(image)) for image in images)
    if kind in _BEFORE:
        return folder.path / kind
    if kind == "indexed":
        for annotation in annotations:
            folder.written.write(png_name(kind, annotation.image), encode_indexed(annotation.mask.astype(np.uint8)))
        return folder.path / kind
    if kind in FOLDER_FORMATS:
        place = _relative(Path(game_config.data), folder.path / kind)
        for name, data in FOLDER_FORMATS[kind].encode(annotations, place):
            folder.written.write(f"{kind}/{name}", data)
        return folder.path / kind
    if kind == "trajectories":
        name, data = "trajectories.json", encode_trajectories(_trajectories(folder, images, label, game_config))
    else:
        file_sizes = {image: int(folder.episode(image)["file_size"]) for image in images}
        name, data = FORMATS[kind].file, FORMATS[kind].encode(annotations, file_sizes)
    folder.written.write(name, data)
    return folder.path / name


def _relative(data: Path, start: Path) -> str:
    """Return the folder of the images as seen from another one."""
    images = data / "images" if (data / "images").is_dir() else data
    try:
        return Path(os.path.relpath(images.resolve(), start.resolve())).as_posix()
    except ValueError:  # another drive
        return images.resolve().as_posix()


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
        np.arange(len(images)),  # images without masks are in no split
        np.zeros(len(images), np.int64),
        np.array([episode["start"] for episode in episodes], np.int64),
        actions,
        np.full((len(images), game_config.step_count + 1), np.nan),  # no ground truth
    )
