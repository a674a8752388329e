"""Strokes, polygons and changes of points that a browser has kept while the server was away or could not save them."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.app_state import AppState
from cutout_rl.web.edit_json import from_json
from cutout_rl.web.edits import MAX_EDITS, PERSON, Edit, PolygonEdit, Stroke
from cutout_rl.web.objects import MAX_NUMBER, MAX_OBJECTS, ImageRecord

_decoder: Final = msgspec.json.Decoder(Annotated[list[dict[str, Any]], Meta(max_length=MAX_EDITS)])


def save_kept_edits(app_state: AppState, name: str, data: bytes) -> None:
    """Add a user's strokes and changes of the outline to the edits of an image's objects, unless they are there.

    A stroke of which the image has only the beginning, because the connection was lost, is completed. One that was
    undone while the server was away is removed.

    Args:
        app_state: holds the images and their strokes.
        name: of the image.
        data: a JSON list of edits, oldest first; those with `"undone": true` are undone.

    Raises:
        CutOutError: there is no such image, the data is invalid, or the image would have too many edits.
        OSError: the edits cannot be saved.
    """
    size = app_state.images.shape(name)
    try:
        values = _decoder.decode(data)
    except (msgspec.DecodeError, RecursionError) as error:
        raise CutOutError(f"The strokes are invalid: {error}.") from None
    kept = [(_owner_of(value), from_json(value, size)) for value in values]
    undone = [value.get("undone") is True for value in values]
    storage = app_state.storage
    with storage.lock:
        before = record = storage.load(name, size)
        tagged = list(before.tagged)
        n_known = _count_known(before.tagged, kept)
        for (owner, edit), is_undone in zip(kept, undone, strict=True):
            if isinstance(edit, Stroke) and edit.by == PERSON:
                place = _place_of(tagged, owner, edit)
            elif isinstance(edit, PolygonEdit):
                place = _last_place(tagged, (owner, edit)) if n_known else None
                n_known = max(0, n_known - 1)
            else:
                raise CutOutError("Only strokes of users and changes of the outline can be sent again.")
            if place is not None:
                tagged[place : place + 1] = [] if is_undone else [(owner, edit)]
            elif not is_undone:
                record = record.with_object(owner)
                tagged.append((owner, edit))
        if len(tagged) > MAX_EDITS or len(record.objects) > MAX_OBJECTS:
            raise CutOutError(f"{name} can have at most {MAX_EDITS} strokes of {MAX_OBJECTS} objects; undo some.")
        record = ImageRecord(record.objects, tuple(tagged))
        if record != before:
            storage.save(name, size, record)


def _owner_of(value: dict[str, Any]) -> int:
    owner = value.get("object", 1)
    if type(owner) is not int or not 1 <= owner <= MAX_NUMBER:  # a bool would be an int
        raise CutOutError("The strokes are invalid: an object has no number.")
    return owner


def _count_known(tagged: Sequence[tuple[int, Edit]], kept: Sequence[tuple[int, Edit]]) -> int:
    """Return how many of the first changes of the outline that were kept are the last ones of the image already.

    An equal change may have been made before, if a point was moved there and back.
    """
    saved, sent = ([each for each in edits if isinstance(each[1], PolygonEdit)] for edits in (tagged, kept))
    counts = range(min(len(saved), len(sent)), 0, -1)
    return next((count for count in counts if saved[-count:] == sent[:count]), 0)


def _place_of(tagged: Sequence[tuple[int, Edit]], owner: int, stroke: Stroke) -> int | None:
    """Return the index of the newest edit that is a stroke, or the beginning of it; None if there is none."""
    places = reversed(range(len(tagged)))
    return next((i for i in places if tagged[i][0] == owner and _is_beginning(tagged[i][1], stroke)), None)


def _last_place(tagged: Sequence[tuple[int, Edit]], wanted: tuple[int, Edit]) -> int:
    return max(i for i, each in enumerate(tagged) if each == wanted)


def _is_beginning(edit: Edit, stroke: Stroke) -> bool:
    """Return whether an edit is a stroke, or the beginning of it."""
    return (
        isinstance(edit, Stroke)
        and (edit.pen, edit.width, edit.by) == (stroke.pen, stroke.width, stroke.by)
        and edit.points == stroke.points[: len(edit.points)]
    )
