"""The masks of the objects that are not selected, in the whole image and in the part of it that a client sees."""

import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.web.detail import Detail, Look
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import Box, Stroke
from cutout_rl.web.rasterize import paints
from cutout_rl.web.refinement import is_same
from cutout_rl.web.resample import Mask
from cutout_rl.web.scene import Scene
from cutout_rl.web.views import shape_of

_EDGE: Final = 5  # px of the cut, by which an upsampled mask may go beyond it

_Place = tuple[slice, slice]


class OtherMasks:
    """The masks of the objects of a scene but for the current one and hidden ones, as pictures of their places.

    A place is that of the topmost object in the scene's list, from 1; 0 is none. The pictures are (h, w) uint8.
    """

    def __init__(self, scene: Scene) -> None:
        """Prepare; nothing is computed."""
        self._scene = scene
        self._look: Look | None = None
        self._details: dict[int, tuple[tuple[Any, ...], _Place, Detail | None]] = {}  # by number, after their states

    def look_at(self, look: Look) -> None:
        """Make the masks of what a client sees from now on."""
        self._look = look
        self._details = {}

    def in_whole(self) -> NDArray[np.uint8]:
        """Return the places in the whole image, at the size of its cut."""
        height, width = self._scene.drawing.size
        view = Box(0, 0, width, height)
        shape = shape_of(view)
        return self._compose(shape, lambda number: (np.s_[:, :], self._scene.drawing_of(number).mask_in(view, shape)))

    def work(self, seconds: float) -> bool:
        """Make the exported masks in what is seen, of objects that have changed, for some time.

        Returns:
            Whether they are complete.
        """
        end = time.monotonic() + seconds
        look = self._look
        assert look is not None
        for number in self._shown():
            drawing = self._scene.drawing_of(number)
            known = self._details.get(number)
            if known is None or not is_same(known[0], drawing.state):
                part = _part_with(drawing, look)
                detail = None if part is None else Detail(drawing.part, part)
                place = np.s_[:, :] if part is None else _place_in(look, part)
                known = self._details[number] = drawing.state, place, detail
            if known[2] is not None and not known[2].work(end - time.monotonic()):
                return False
        return True

    def in_look(self) -> NDArray[np.uint8]:
        """Return the places in what is seen, at its resolution, when `work` is complete."""
        assert self._look is not None

        def part(number: int) -> tuple[_Place, Mask] | None:
            _, place, detail = self._details[number]
            return None if detail is None else (place, detail.mask)

        return self._compose(self._look.shape, part)

    def _shown(self) -> list[int]:
        return [info.number for info in self._scene.objects if info.number != self._scene.current and not info.hidden]

    def _compose(self, shape: tuple[int, int], part: Callable[[int], tuple[_Place, Mask] | None]) -> NDArray[np.uint8]:
        numbers = [info.number for info in self._scene.objects]
        places = np.zeros(shape, np.uint8)
        for number in reversed(self._shown()):
            if (found := part(number)) is not None:
                where, mask = found
                places[where][mask] = numbers.index(number) + 1
        return places


def _part_with(drawing: Drawing, look: Look) -> Look | None:
    """Return the part of a look outside which a drawing's mask is empty; None if that is nothing."""
    if any(paints(edit) or (isinstance(edit, Stroke) and edit.window) for edit in drawing.edits):
        return look
    rows, columns = (np.flatnonzero(drawing.mask().any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    view, scale, step = drawing.view, drawing.scale, look.step
    sides = [
        view.left + (columns[0] - _EDGE) / scale,
        view.top + (rows[0] - _EDGE) / scale,
        view.left + (columns[-1] + 1 + _EDGE) / scale,
        view.top + (rows[-1] + 1 + _EDGE) / scale,
    ]
    corner = np.array((look.area.left, look.area.top) * 2)
    places = (np.array(sides) - corner) / step
    left, top, right, bottom = (np.concatenate([np.floor(places[:2]), np.ceil(places[2:])]) * step + corner).tolist()
    area = Box(int(left), int(top), int(right), int(bottom)).common(look.area)
    return None if area is None else Look(area, step)


def _place_in(look: Look, part: Look) -> _Place:
    left, top = ((part.area.left - look.area.left) // look.step, (part.area.top - look.area.top) // look.step)
    height, width = part.shape
    return np.s_[top : top + height, left : left + width]
