"""The edits of one object, with undo and redo."""

from collections.abc import Iterable
from dataclasses import replace

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.edits import MAX_EDITS, MAX_POINTS, Edit, Points, Stroke

_Replacement = tuple[list[Edit], list[Edit]]  # all edits before and after


class EditHistory:
    """A list of edits to which edits are added one at a time, or which is replaced as a whole; both can be undone.

    Attributes:
        edits: so far, in order.
    """

    def __init__(self, edits: Iterable[Edit]) -> None:
        """Start with edits, which can be undone one by one."""
        self.edits = list(edits)
        self._undone: list[Edit | _Replacement] = []
        self._replaced: list[_Replacement] = []

    def copy(self) -> "EditHistory":
        """Return an independent history of the same edits."""
        twin = EditHistory(self.edits)
        twin._undone, twin._replaced = list(self._undone), list(self._replaced)
        return twin

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return bool(self.edits) or self._is_replaced

    def add(self, edit: Edit) -> None:
        """Add an edit, and forget the undone ones.

        Raises:
            CutOutError: there are too many.
        """
        require_room(len(self.edits) + 1)
        self._undone.clear()
        self.edits.append(edit)

    def extend(self, points: Points) -> Stroke:
        """Extend the last edit, a stroke, by further (x, y) in pixels of the image, and return it.

        Raises:
            CutOutError: there is no stroke to extend, or it has too many points.
        """
        stroke = self.edits[-1] if self.edits else None
        if not isinstance(stroke, Stroke) or self._undone:
            raise CutOutError("There is no stroke to extend.")
        if len(stroke.points) + len(points) > MAX_POINTS:
            raise CutOutError(f"A stroke has at most {MAX_POINTS} points; lift the pen.")
        self.edits[-1] = stroke = replace(stroke, points=stroke.points + points)
        return stroke

    def replace(self, edits: Iterable[Edit]) -> None:
        """Replace all edits; one undo restores them.

        Raises:
            CutOutError: there are too many.
        """
        edits = list(edits)
        require_room(len(edits))
        self._undone.clear()
        self._replaced.append((self.edits, edits))
        self.edits = list(edits)

    def undo(self) -> None:
        """Undo the last edit or replacement, if there is one."""
        if self._is_replaced:
            replacement = self._replaced.pop()
            self._undone.append(replacement)
            self.edits = list(replacement[0])
        elif self.edits:
            self._undone.append(self.edits.pop())

    def redo(self) -> None:
        """Redo what was undone last, if there is something."""
        if not self._undone:
            return
        undone = self._undone.pop()
        if isinstance(undone, tuple):
            self._replaced.append(undone)
            self.edits = list(undone[1])
        else:
            self.edits.append(undone)

    @property
    def _is_replaced(self) -> bool:
        return bool(self._replaced) and self.edits == self._replaced[-1][1]


Edits = Iterable[Edit] | EditHistory
"""Edits in order, or with what can be redone."""


def require_room(count: int) -> None:
    """Raise CutOutError if an image cannot have so many edits."""
    if count > MAX_EDITS:
        raise CutOutError(f"An image can have at most {MAX_EDITS} strokes; undo some.")
