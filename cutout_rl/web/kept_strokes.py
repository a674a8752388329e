"""Strokes that a browser has kept while the server was away or could not save them."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.app_state import AppState
from cutout_rl.web.edit_json import from_json
from cutout_rl.web.edits import MAX_EDITS, PERSON, Edit, Stroke

_decoder: Final = msgspec.json.Decoder(Annotated[list[dict[str, Any]], Meta(max_length=MAX_EDITS)])


def save_kept_strokes(app_state: AppState, name: str, data: bytes) -> None:
    """Add a user's strokes to those of an image, except for those that it has already.

    A stroke of which the image has only the beginning, because the connection was lost, is completed.

    Args:
        app_state: holds the images and their strokes.
        name: of the image.
        data: a JSON list of strokes, oldest first.

    Raises:
        CutOutError: there is no such image, the data is invalid, or the image would have too many edits.
        OSError: the strokes cannot be saved.
    """
    size = app_state.images.shape(name)
    try:
        values = _decoder.decode(data)
    except (msgspec.DecodeError, RecursionError) as error:
        raise CutOutError(f"The strokes are invalid: {error}.") from None
    strokes = [from_json(value, size) for value in values]
    storage = app_state.storage
    with storage.lock:
        before = storage.load_edits(name, size)
        edits = list(before)
        for stroke in strokes:
            if not isinstance(stroke, Stroke) or stroke.by != PERSON:
                raise CutOutError("Only strokes of users can be sent again.")
            _add(edits, stroke)
        if len(edits) > MAX_EDITS:
            raise CutOutError(f"{name} can have at most {MAX_EDITS} strokes; undo some.")
        if edits != before:
            storage.save_edits(name, size, edits)


def _add(edits: list[Edit], stroke: Stroke) -> None:
    begun = _begun(edits, stroke)
    if begun is None:
        edits.append(stroke)
    else:
        edits[begun] = stroke


def _begun(edits: Sequence[Edit], stroke: Stroke) -> int | None:
    """Return the index of the stroke, or of the beginning of it."""
    for index in reversed(range(len(edits))):
        edit = edits[index]
        if (
            isinstance(edit, Stroke)
            and (edit.pen, edit.width, edit.by) == (stroke.pen, stroke.width, stroke.by)
            and edit.points == stroke.points[: len(edit.points)]
        ):
            return index
    return None
