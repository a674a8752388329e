"""A table of the work on a folder: state, objects, strokes, changes of the outline, and time of each image."""

import csv
from collections.abc import Sequence
from io import StringIO
from typing import Final

from cutout_rl.web.app_state import AppState
from cutout_rl.web.edits import PERSON, PolygonEdit, Stroke
from cutout_rl.web.rasterize import BRUSHES

COLUMNS: Final = (
    "image",
    "state",
    "objects",
    "strokes",
    "strokes_of_agents",
    "brush_strokes",
    "point_edits",
    "seconds",
    "seconds_per_object",
)


def encode_statistics(app_state: AppState, images: Sequence[str]) -> bytes:
    """Return a CSV file with a row for each of the images.

    Seconds are those between two actions on the image that are less than a minute apart. Strokes and changes of the
    outline are those that the image still has.
    """
    storage = app_state.storage
    times = storage.times.load()
    text = StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for name in images:
        record = storage.load(name, app_state.images.shape(name))
        count = len({number for number, _ in record.tagged})
        points = sum(isinstance(edit, PolygonEdit) for edit in record.edits)
        strokes = [edit for edit in record.edits if isinstance(edit, Stroke)]
        brush = sum(stroke.pen in BRUSHES for stroke in strokes)
        own = sum(stroke.by == PERSON for stroke in strokes) - brush
        seconds = times.get(name, 0.0)
        each = f"{seconds / count:.1f}" if count else ""
        state = storage.states.of(name, images)
        agents = len(strokes) - own - brush
        table.writerow([name, state, count, own, agents, brush, points, f"{seconds:.1f}", each])
    return text.getvalue().encode()
