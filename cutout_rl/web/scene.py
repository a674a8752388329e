"""The objects of one image: a drawing for each, one history of all edits, and how the objects share pixels."""

import time
from collections.abc import Iterable, MutableSequence, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters import Segmenter
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.classes import Classes
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edit_history import Edits, require_room
from cutout_rl.web.edits import Box, Edit
from cutout_rl.web.objects import MAX_OBJECTS, ImageRecord, ObjectInfo, in_order, take_number, without_empty
from cutout_rl.web.rasterize import united_labels
from cutout_rl.web.resample import Mask
from cutout_rl.web.scene_steps import Arrangement, Past, Removal, Step, arranged, number_of
from cutout_rl.web.shared_pixels import SharedPixels
from cutout_rl.web.views import Views

_WARM: Final = 4  # objects that keep their warm cut


class Scene:
    """The objects of one image, of which one is current.

    With `Classes.exclude`, pixels marked inside one object are background for the others. Without `Classes.overlap`, a
    pixel belongs to the topmost of the objects that claim it. While the current object changes, the masks of the others
    stay as they are; `settle` brings them up to date.

    Attributes:
        objects: the topmost first; at least one.
        current: number of the current object.
        n_steps: how many steps were done since the image was opened, undone ones included.
    """

    def __init__(self, image: NDArray[np.uint8], segmenter: Segmenter, record: ImageRecord, classes: Classes) -> None:
        """Draw the stored edits.

        Args:
            image: (H, W, 3) uint8, RGB.
            segmenter: cuts it.
            record: the objects and their edits.
            classes: the rules for objects.
        """
        self._image = image
        self._segmenter = segmenter
        self._views = Views(image, segmenter)
        self._classes = classes
        self._drawings: dict[int, Drawing] = {}
        self._removed: dict[int, Drawing] = {}
        self._recent: list[int] = []
        self._shared = SharedPixels()
        self.objects: list[ObjectInfo] = []
        self.current = self.n_steps = 0
        self.reload(record)

    @property
    def drawing(self) -> Drawing:
        """The drawing of the current object."""
        return self._drawings[self.current]

    @property
    def info(self) -> ObjectInfo:
        """The current object."""
        return self._find(self.current)

    @property
    def record(self) -> ImageRecord:
        """The objects and their edits, as they are stored; of objects without edits only the current one."""
        edits = {number: drawing.edits for number, drawing in self._drawings.items()}
        return ImageRecord(
            self.kept_objects, in_order((step for step in self._history if isinstance(step, int)), edits)
        )

    @property
    def kept_objects(self) -> tuple[ObjectInfo, ...]:
        """The objects of the record."""
        return without_empty(self.objects, (self.current, *(n for n, each in self._drawings.items() if each.edits)))

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return bool(self._history)

    @property
    def can_redo(self) -> bool:
        """Whether there is something to redo."""
        return bool(self._undone)

    def drawing_of(self, number: int) -> Drawing:
        """Return the drawing of an object."""
        return self._drawings[number]

    def reload(self, record: ImageRecord) -> None:
        """Take another record; what was undone or removed before is forgotten."""
        record = ImageRecord(without_empty(record.objects, (owner for owner, _ in record.tagged)), record.tagged)
        drawings = {}
        for info in record.objects:
            edits = record.edits_of(info.number)
            drawing = self._drawings.get(info.number)
            if drawing is None:
                drawing = self._new_drawing(edits)
            elif drawing.edits != edits:
                drawing.reload(edits)
            drawings[info.number] = drawing
        self._drawings = drawings
        self._removed.clear()
        self.objects = list(record.objects)
        self._used = set(drawings)
        self._history: list[Step] = [owner for owner, _ in record.tagged]
        self._undone: list[Step] = []
        if self.current not in drawings:
            self.current = self._history[-1] if self._history else self.objects[0].number  # type: ignore[assignment]
        self.touch()

    @property
    def past(self) -> Past:
        """What undo and redo need to know when the image is opened again."""
        histories = {number: drawing.history.copy() for number, drawing in (self._removed | self._drawings).items()}
        return Past(self.record.tagged, tuple(self.objects), self.current, histories, [*self._history], [*self._undone])

    def remember(self, pasts: MutableSequence[Past]) -> None:
        """Take back what undo and redo knew when the image was last as it is now, from pasts of which it is removed."""
        if (past := next((past for past in reversed(pasts) if past.fits(self.record)), None)) is None:
            return
        pasts.remove(past)
        drawings = {number: self._new_drawing(history) for number, history in past.histories.items()}
        self.objects, self.current, self._history, self._undone = [*past.objects], past.current, past.done, past.undone
        self._drawings = {info.number: drawings.pop(info.number) for info in past.objects}
        self._removed, self._used = drawings, set(past.histories)
        self.touch()

    def set_classes(self, classes: Classes) -> None:
        """Apply changed rules."""
        self._classes = classes
        self.touch()

    def set_segmenter(self, segmenter: Segmenter) -> None:
        """Cut all objects by another segmenter; edits and history stay."""
        self._segmenter = segmenter
        self._views = Views(self._image, segmenter)
        for drawing in (*self._drawings.values(), *self._removed.values()):
            drawing.use(self._views)
        self.touch()

    def touch(self) -> None:
        """Mark all masks as out of date; a cut is made only where labels have changed."""
        self._outdated = set(self._drawings)
        self._shared.forget()

    # ---- objects

    def select(self, number: int) -> None:
        """Make an object the current one; the last current one is dropped if it has no edits.

        Raises:
            CutOutError: there is no such object.
        """
        self._find(number)
        self.current = number
        self._drop_empty()
        self._shared.forget_upper()

    def add(self, category: int) -> None:
        """Make a new object the current one, or take the current one if it has no edits yet.

        Raises:
            CutOutError: there are too many objects.
        """
        if not self.drawing.edits:
            self.change(self.current, category=category)
            return
        if len(self.objects) >= MAX_OBJECTS:
            raise CutOutError(f"An image can have at most {MAX_OBJECTS} objects.")
        number = take_number(self._used)
        self.objects.insert(0, ObjectInfo(number, category))
        self._drawings[number] = self._new_drawing()
        self.current = number
        self.touch()

    def change(self, number: int, **changes: Any) -> None:
        """Change fields of an object; one undo restores its class and its name.

        Raises:
            CutOutError: there is no such object.
        """
        before = tuple(self.objects)
        place = self.objects.index(self._find(number))
        self.objects[place] = replace(self.objects[place], **changes)
        if changes.keys() - {"hidden"}:
            self._did_arrange(number, before)

    def move(self, number: int, step: int) -> None:
        """Move an object down by some places, or up if negative; one undo moves it back.

        Raises:
            CutOutError: there is no such object.
        """
        before = tuple(self.objects)
        info = self._find(number)
        place = self.objects.index(info)
        self.objects.remove(info)
        self.objects.insert(min(max(place + step, 0), len(self.objects)), info)
        self._shared.forget_upper()
        self._did_arrange(number, before)

    def remove(self, number: int) -> None:
        """Remove an object; one undo restores it.

        Raises:
            CutOutError: there is no such object.
        """
        info = self._find(number)
        self._did(Removal(info, self.objects.index(info)))
        self._take_away(number)

    # ---- edits

    def apply(self, edit: Edit) -> None:
        """Apply an edit to the current object.

        Raises:
            CutOutError: the image has too many edits.
        """
        self._require_room(len(self.drawing.edits) + 1)
        self.drawing.apply(edit)
        self._did(self.current)
        self._recent = [self.current, *(number for number in self._recent if number != self.current)][:_WARM]

    def replace(self, edits: Sequence[Edit]) -> None:
        """Replace the edits of the current object; one undo restores them.

        Raises:
            CutOutError: the image would have too many.
        """
        self._require_room(len(edits))
        self.drawing.replace(edits)
        self._did(self.current)
        self.touch()

    def undo(self) -> None:
        """Undo the last step, whatever object it changed; that object becomes current."""
        if not self._history:
            return
        step = self._history.pop()
        if isinstance(step, Removal):
            self._drawings[step.info.number] = self._removed.pop(step.info.number)
            self.objects.insert(step.place, step.info)
            self.current = step.info.number
            self._drop_empty()
        elif isinstance(step, Arrangement):
            self._arrange(step.number, step.before)
        else:
            self._drawings[step].undo()
            self.current = step
        self._undone.append(step)
        self.touch()

    def redo(self) -> None:
        """Redo the step undone last."""
        if not self._undone:
            return
        step = self._undone.pop()
        if isinstance(step, Removal):
            self._take_away(step.info.number)
        elif isinstance(step, Arrangement):
            self._arrange(step.number, step.after)
        else:
            self._drawings[step].redo()
            self.current = step
        self._history.append(step)
        self.touch()

    # ---- masks

    def mask(self, drawing: Drawing | None = None) -> Mask:
        """Return the (h, w) bool mask of the current object in its view, without pixels of objects above it.

        Args:
            drawing: a copy of the current object's, with other edits, whose mask is returned instead.
        """
        drawing = drawing or self.drawing
        mask = drawing.mask()
        if self._classes.overlap or len(self.objects) == 1:
            return mask
        upper = self._shared.of_upper(self._upper, drawing.view, (mask.shape[0], mask.shape[1]))
        return np.asarray(mask & ~upper)

    def part(self, area: Box, is_draft: bool = False) -> Mask:
        """Return a part of the current object's mask at the size of the image, without pixels of objects above it.

        After `settle` its pixels are those of `full_masks`.

        Args:
            area: in the image.
            is_draft: see `Drawing.part`.

        Returns:
            (height, width) bool of the area.
        """
        part = self.drawing.part(area, is_draft)
        if self._classes.overlap or len(self.objects) == 1:
            return part
        return np.asarray(part & ~self._shared.of_upper_in(self._upper, area))

    def settle(self, seconds: float = float("inf")) -> bool:
        """Cut the objects that others have changed, the current one first, for some time.

        Returns:
            Whether all masks are up to date.
        """
        end = time.monotonic() + seconds
        for number in sorted(self._outdated, key=lambda number: number != self.current):
            drawing = self._drawings[number]
            is_shared = self._classes.exclude and len(self._drawings) > 1
            others = self._shared.marked_by_others(drawing, self._drawings.values()) if is_shared else None
            drawing.set_foreign(others)
            drawing.mask()
            if not drawing.refine(end - time.monotonic()):
                break
            self._outdated.remove(number)
            self._shared.forget_upper()
            if number != self.current and number not in self._recent:
                drawing.release()
            if time.monotonic() > end:
                break
        return not self._outdated

    def full_masks(self) -> list[tuple[ObjectInfo, Mask]]:
        """Return the objects, the topmost first, and their (H, W) bool masks at the size of the image."""
        self.settle()
        taken = np.zeros(self._image.shape[:2], np.bool_)
        found = []
        for info in self.objects:
            mask = self._drawings[info.number].full_mask()
            if not self._classes.overlap:
                mask &= ~taken
                taken |= mask
            found.append((info, mask))
        return found

    def full_labels(self) -> NDArray[np.uint8]:
        """Return the (H, W) uint8 labels of all objects at the size of the image: 0, 1 inside any, 2 outside."""
        return united_labels(drawing.full_labels() for drawing in self._drawings.values())

    @property
    def _upper(self) -> list[Drawing]:
        """The drawings of the objects above the current one."""
        return [self._drawings[info.number] for info in self.objects[: self.objects.index(self.info)]]

    def _require_room(self, count: int) -> None:
        require_room(count + sum(len(each.edits) for number, each in self._drawings.items() if number != self.current))

    def _new_drawing(self, edits: Edits = ()) -> Drawing:
        return Drawing(self._image, self._segmenter, edits, self._views)

    def _find(self, number: int) -> ObjectInfo:
        for info in self.objects:
            if info.number == number:
                return info
        raise CutOutError(f"There is no object {number}; choose a listed one.")

    def _did(self, step: Step) -> None:
        self._history.append(step)
        self._undone.clear()
        self.n_steps += 1

    def _did_arrange(self, number: int, before: tuple[ObjectInfo, ...]) -> None:
        """Remember a change of an object that has edits; the others may vanish."""
        if self._drawings[number].edits and before != tuple(self.objects):
            self._did(Arrangement(number, before, tuple(self.objects)))

    def _arrange(self, number: int, wanted: Iterable[ObjectInfo]) -> None:
        self.objects = arranged(self.objects, wanted)
        self.current = number if number in self._drawings else self.current

    def _take_away(self, number: int) -> None:
        self._removed[number] = self._drawings[number]
        self._drop(number)

    def _drop(self, number: int) -> None:
        self.objects.remove(self._find(number))
        del self._drawings[number]
        if not self.objects:
            self.objects.append(ObjectInfo(take_number(self._used)))
            self._drawings[self.objects[0].number] = self._new_drawing()
        if self.current not in self._drawings:
            self.current = self.objects[0].number
        self.touch()

    def _drop_empty(self) -> None:
        """Drop the objects without edits, but for the current one."""
        for number in [info.number for info in self.objects if info.number != self.current]:
            if not self._drawings[number].can_undo:
                self._undone = [step for step in self._undone if number_of(step) != number]
                self._drop(number)
