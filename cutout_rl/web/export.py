"""Writing what was cut in formats that other tools read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cutout_rl.annotation.formats import Annotation, encode_mask, encode_scribbles, encode_trajectories
from cutout_rl.data.formats.by_name import FORMATS
from cutout_rl.evaluation.demonstrations import load
from cutout_rl.utils.atomic_write import replacing
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.app_state import Desk
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import to_json

_OF_ONE: Final[dict[str, tuple[str, Callable[[Drawing], bytes]]]] = {
    "mask": ("-mask.png", lambda drawing: encode_mask(drawing.full_mask())),
    "scribbles": ("-scribbles.png", lambda drawing: encode_scribbles(drawing.full_labels())),
    "strokes": ("-strokes.json", lambda drawing: json.dumps([to_json(act) for act in drawing.acts]).encode()),
}
KINDS: Final = (*_OF_ONE, *FORMATS, "trajectories")


def export(desk: Desk, kind: str, name: str | None) -> Path:
    """Write a file into the folder of exports, from the strokes on the disk.

    Args:
        desk: what was cut.
        kind: "mask", "scribbles" or "strokes" of one image; "coco", "coco-polygons", "via-json" or "via-csv" of all
            images that carry strokes; or "trajectories" of the games played last.
        name: of the image, for what is of one.

    Returns:
        The file.

    Raises:
        CutOutError: there is no such kind or image, or nothing to export.
    """
    if kind in _OF_ONE:
        ending, encode_one = _OF_ONE[kind]
        path = desk.keeping.folder / "exports" / f"{Path(name or '').stem}{ending}"
        data = encode_one(_drawing(desk, name or ""))
    elif kind in FORMATS:
        path = desk.keeping.folder / "exports" / FORMATS[kind].file
        names = _touched(desk)
        annotations = (Annotation(image, _drawing(desk, image).full_mask()) for image in names)
        data = FORMATS[kind].encode(annotations, {image: desk.album.file_size(image) for image in names})
    elif kind == "trajectories":
        path = desk.keeping.folder / "exports" / "trajectories.json"
        data = encode_trajectories(load(_newest_play(desk)))
    else:
        raise CutOutError(f"There is no format {kind[:40]!r}; choose from: {', '.join(KINDS)}.")
    with desk.keeping.lock, replacing(path) as temporary:
        temporary.write_bytes(data)
    return path


def _drawing(desk: Desk, name: str) -> Drawing:
    image = desk.album.image(name)
    return Drawing(image, desk.segmenter, desk.keeping.load_acts(name, (image.shape[0], image.shape[1])))


def _touched(desk: Desk) -> list[str]:
    touched = desk.keeping.touched()
    names = [name for name in desk.album.names() if name in touched]
    if not names:
        raise CutOutError("No image carries strokes yet; draw some.")
    return names


def _newest_play(desk: Desk) -> Path:
    folders = [file.parent for file in (desk.keeping.folder / "demonstrations").glob("*/demonstrations.json")]
    if not folders:
        raise CutOutError("No game has been played yet; play one.")
    return max(folders, key=lambda folder: (folder / "demonstrations.json").stat().st_mtime)
