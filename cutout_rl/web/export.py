"""Export of masks, strokes and games in formats that other tools read."""

import json
import os
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
from numpy.typing import NDArray

from cutout_rl.annotation.formats import (
    FOLDER_FORMATS,
    FORMATS,
    Annotation,
    encode_coco,
    encode_indexed,
    encode_mask,
    encode_scribbles,
    encode_trajectories,
    encode_yolo,
)
from cutout_rl.evaluation.demonstrations import load
from cutout_rl.utils.atomic_write import replacing
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.app_state import AppState
from cutout_rl.web.edit_json import to_json
from cutout_rl.web.objects import ObjectInfo
from cutout_rl.web.scene import Scene
from cutout_rl.web.statistics import encode_statistics

_OF_ONE_IMAGE: Final[dict[str, tuple[str, Callable[[Scene], bytes]]]] = {
    "mask": ("-mask.png", lambda scene: encode_mask(np.any([mask for _, mask in scene.full_masks()], axis=0))),
    "objects": ("-objects.png", lambda scene: encode_indexed(_numbers(scene, lambda place, _: place))),
    "classes": ("-classes.png", lambda scene: encode_indexed(_numbers(scene, lambda _, info: info.category))),
    "scribbles": ("-scribbles.png", lambda scene: encode_scribbles(scene.full_labels())),
    "strokes": ("-strokes.json", lambda scene: _strokes_json(scene)),
}
_MOST_NUMBERS: Final = 254  # in PNG files; 255 is void
_LONGEST_STEM: Final = 240  # bytes, beside the ending
EXPORT_KINDS: Final = (*_OF_ONE_IMAGE, *FORMATS, *FOLDER_FORMATS, "statistics", "trajectories")


def export(app_state: AppState, kind: str, name: str | None) -> Path:
    """Write a file into the folder of exports, from the stored strokes.

    Args:
        app_state: holds the images and the strokes.
        kind: "mask" (of all objects together), "objects" (their numbers), "classes" (their classes' ids), "scribbles"
            or "strokes" of one image; "coco", "coco-polygons", "via-json" or "via-csv" of all images with strokes;
            "labelme" or "yolo" of the same, as a ZIP file; "statistics" of the work on them; or "trajectories" of the
            latest games.
        name: of the image, for the first five kinds.

    Returns:
        The file.

    Raises:
        CutOutError: there is no such kind or image, or nothing to export.
    """
    folder = app_state.storage.folder / "exports"
    if kind in _OF_ONE_IMAGE:
        ending, encode = _OF_ONE_IMAGE[kind]
        path = folder / f"{_shortened(Path(name or '').stem)}{ending}"
        data = encode(_load_scene(app_state, name or ""))
    elif kind in FORMATS:
        path = folder / FORMATS[kind].file
        data = _encode_file(kind, app_state, _edited_images(app_state))
    elif kind in FOLDER_FORMATS:
        path = folder / f"{kind}.zip"
        data = _zip(kind, app_state, _edited_images(app_state))
    elif kind == "trajectories":
        path = folder / "trajectories.json"
        data = encode_trajectories(load(_newest_demonstrations(app_state)))
    elif kind == "statistics":
        path = folder / "statistics.csv"
        data = encode_statistics(app_state, _edited_images(app_state))
    else:
        raise CutOutError(f"There is no format {kind[:40]!r}; choose from: {', '.join(EXPORT_KINDS)}.")
    with app_state.storage.lock, replacing(path) as temporary:
        temporary.write_bytes(data)
    return path


def _shortened(stem: str) -> str:
    """Cut a name that would be too long for the file system."""
    return os.fsencode(stem)[:_LONGEST_STEM].decode(errors="ignore")


def _encode_file(kind: str, app_state: AppState, images: list[str]) -> bytes:
    annotations = _annotations(app_state, images)
    if kind in ("coco", "coco-polygons"):
        return encode_coco(annotations, kind == "coco-polygons", app_state.storage.classes.load().ids())
    return FORMATS[kind].encode(annotations, {image: app_state.images.file_size(image) for image in images})


def _zip(kind: str, app_state: AppState, images: list[str]) -> bytes:
    """Return the files of a format as a ZIP file.

    Raises:
        CutOutError: two images would share one file.
    """
    names = FOLDER_FORMATS[kind].names(images)
    for image, name in zip(images, names, strict=False):
        if names.count(name) > 1:
            raise CutOutError(f"{image} and another image would share the file {name}; rename one of them.")
    annotations = _annotations(app_state, images)
    if kind == "yolo":
        files = encode_yolo(annotations, "", app_state.storage.classes.load().ids())
    else:
        files = FOLDER_FORMATS[kind].encode(annotations, "")
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return buffer.getvalue()


def _annotations(app_state: AppState, images: list[str]) -> Iterator[Annotation]:
    """Yield the objects of images, those of an image from the topmost to the lowest."""
    classes = app_state.storage.classes.load()
    for image in images:
        for info, mask in _load_scene(app_state, image).full_masks():
            yield Annotation(image, mask, classes.name_of(info.category))


def _load_scene(app_state: AppState, name: str) -> Scene:
    image = app_state.images.load(name)
    record = app_state.storage.load(name, (image.shape[0], image.shape[1]))
    return Scene(image, app_state.segmenter, record, app_state.storage.classes.load())


def _numbers(scene: Scene, number_of: Callable[[int, ObjectInfo], int]) -> NDArray[np.uint8]:
    """Return (H, W) uint8 with a number for each object, the topmost one's where objects overlap.

    Args:
        scene: the objects.
        number_of: returns the number of an object, given its place in the list, from 1.

    Raises:
        CutOutError: a number is too large for the file.
    """
    masks = scene.full_masks()
    numbers = np.zeros(masks[0][1].shape, np.uint8)
    for place, (info, mask) in reversed(list(enumerate(masks, 1))):
        number = number_of(place, info)
        if number > _MOST_NUMBERS:
            raise CutOutError(f"Class {number} has no place in a PNG file, whose numbers end at {_MOST_NUMBERS}.")
        numbers[mask] = number
    return numbers


def _strokes_json(scene: Scene) -> bytes:
    return json.dumps([{"object": number, **to_json(edit)} for number, edit in scene.record.tagged]).encode()


def _edited_images(app_state: AppState) -> list[str]:
    edited = app_state.storage.edited_images()
    names = [name for name in app_state.images.names() if name in edited and not _is_damaged(app_state, name)]
    if not names:
        raise CutOutError("No image has strokes yet; draw some.")
    return names


def _is_damaged(app_state: AppState, name: str) -> bool:
    """Set damaged strokes of an image aside; return whether it had any."""
    n_before = len(app_state.storage.damage)
    app_state.storage.load(name, app_state.images.shape(name))
    return len(app_state.storage.damage) > n_before


def _newest_demonstrations(app_state: AppState) -> Path:
    folders = [file.parent for file in (app_state.storage.folder / "demonstrations").glob("*/demonstrations.json")]
    if not folders:
        raise CutOutError("No game has been finished yet; play one.")
    return max(folders, key=lambda folder: (folder / "demonstrations.json").stat().st_mtime)
