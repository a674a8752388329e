"""Export of masks, strokes and games in formats that other tools read."""

import json
import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile

from cutout_rl.annotation.formats import (
    FOLDER_FORMATS,
    FORMATS,
    Annotation,
    FolderFormat,
    encode_mask,
    encode_scribbles,
    encode_trajectories,
)
from cutout_rl.evaluation.demonstrations import load
from cutout_rl.utils.atomic_write import replacing
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.app_state import AppState
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edit_json import to_json

_OF_ONE_IMAGE: Final[dict[str, tuple[str, Callable[[Drawing], bytes]]]] = {
    "mask": ("-mask.png", lambda drawing: encode_mask(drawing.full_mask())),
    "scribbles": ("-scribbles.png", lambda drawing: encode_scribbles(drawing.full_labels())),
    "strokes": ("-strokes.json", lambda drawing: json.dumps([to_json(edit) for edit in drawing.edits]).encode()),
}
_LONGEST_STEM: Final = 240  # bytes, beside the ending
EXPORT_KINDS: Final = (*_OF_ONE_IMAGE, *FORMATS, *FOLDER_FORMATS, "trajectories")


def export(app_state: AppState, kind: str, name: str | None) -> Path:
    """Write a file into the folder of exports, from the stored strokes.

    Args:
        app_state: holds the images and the strokes.
        kind: "mask", "scribbles" or "strokes" of one image; "coco", "coco-polygons", "via-json" or "via-csv" of all
            images with strokes; "labelme" or "yolo" of the same, as a ZIP file; or "trajectories" of the latest games.
        name: of the image, for the first three kinds.

    Returns:
        The file.

    Raises:
        CutOutError: there is no such kind or image, or nothing to export.
    """
    folder = app_state.storage.folder / "exports"
    if kind in _OF_ONE_IMAGE:
        ending, encode = _OF_ONE_IMAGE[kind]
        path = folder / f"{_shortened(Path(name or '').stem)}{ending}"
        data = encode(_load_drawing(app_state, name or ""))
    elif kind in FORMATS:
        path = folder / FORMATS[kind].file
        names = _edited_images(app_state)
        annotations = (Annotation(image, _load_drawing(app_state, image).full_mask()) for image in names)
        data = FORMATS[kind].encode(annotations, {image: app_state.images.file_size(image) for image in names})
    elif kind in FOLDER_FORMATS:
        path = folder / f"{kind}.zip"
        data = _zip(FOLDER_FORMATS[kind], app_state, _edited_images(app_state))
    elif kind == "trajectories":
        path = folder / "trajectories.json"
        data = encode_trajectories(load(_newest_demonstrations(app_state)))
    else:
        raise CutOutError(f"There is no format {kind[:40]!r}; choose from: {', '.join(EXPORT_KINDS)}.")
    with app_state.storage.lock, replacing(path) as temporary:
        temporary.write_bytes(data)
    return path


def _shortened(stem: str) -> str:
    """Cut a name that would be too long for the file system."""
    return os.fsencode(stem)[:_LONGEST_STEM].decode(errors="ignore")


def _zip(folder_format: FolderFormat, app_state: AppState, images: list[str]) -> bytes:
    """Return the files of a format as a ZIP file.

    Raises:
        CutOutError: two images would share one file.
    """
    names = folder_format.names(images)
    for image, name in zip(images, names, strict=False):
        if names.count(name) > 1:
            raise CutOutError(f"{image} and another image would share the file {name}; rename one of them.")
    annotations = (Annotation(image, _load_drawing(app_state, image).full_mask()) for image in images)
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name, data in folder_format.encode(annotations, ""):
            archive.writestr(name, data)
    return buffer.getvalue()


def _load_drawing(app_state: AppState, name: str) -> Drawing:
    image = app_state.images.load(name)
    edits = app_state.storage.load_edits(name, (image.shape[0], image.shape[1]))
    return Drawing(image, app_state.segmenter, edits)


def _edited_images(app_state: AppState) -> list[str]:
    edited = app_state.storage.edited_images()
    names = [name for name in app_state.images.names() if name in edited and not _is_damaged(app_state, name)]
    if not names:
        raise CutOutError("No image has strokes yet; draw some.")
    return names


def _is_damaged(app_state: AppState, name: str) -> bool:
    """Set damaged strokes of an image aside; return whether it had any."""
    n_before = len(app_state.storage.damage)
    app_state.storage.load_edits(name, app_state.images.shape(name))
    return len(app_state.storage.damage) > n_before


def _newest_demonstrations(app_state: AppState) -> Path:
    folders = [file.parent for file in (app_state.storage.folder / "demonstrations").glob("*/demonstrations.json")]
    if not folders:
        raise CutOutError("No game has been finished yet; play one.")
    return max(folders, key=lambda folder: (folder / "demonstrations.json").stat().st_mtime)
