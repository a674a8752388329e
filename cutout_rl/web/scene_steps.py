"""What can be undone of the objects of an image."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from cutout_rl.web.edit_history import EditHistory
from cutout_rl.web.edits import Edit
from cutout_rl.web.objects import ImageRecord, ObjectInfo, without_empty


@dataclass(frozen=True)
class Removal:
    """An object that was removed, and its place among the others."""

    info: ObjectInfo
    place: int


@dataclass(frozen=True)
class Arrangement:
    """A change of an object's class, name or place.

    Attributes:
        number: of the object.
        before: all objects before the change, the topmost first.
        after: all objects after it.
    """

    number: int
    before: tuple[ObjectInfo, ...]
    after: tuple[ObjectInfo, ...]


Step = int | Removal | Arrangement  # a number stands for an edit of that object


def number_of(step: Step) -> int:
    """Return the number of the object that a step has changed."""
    match step:
        case Removal():
            return step.info.number
        case Arrangement():
            return step.number
    return step


@dataclass(frozen=True, eq=False)
class Past:
    """What undo and redo knew of an image when it was left, or changed elsewhere.

    Attributes:
        tagged: its edits, each after the number of its object.
        objects: the topmost first.
        current: number of the object that was selected.
        histories: of the edits of each object, by number, and of the removed ones.
        done: the steps, oldest first.
        undone: those that were undone, the last one last.
    """

    tagged: tuple[tuple[int, Edit], ...]
    objects: tuple[ObjectInfo, ...]
    current: int
    histories: dict[int, EditHistory]
    done: list[Step]
    undone: list[Step]

    def fits(self, record: ImageRecord) -> bool:
        """Return whether the image has the same objects and edits again."""
        objects = without_empty(self.objects, (owner for owner, _ in self.tagged))
        return (objects, self.tagged) == (record.objects, record.tagged)


def arranged(objects: Sequence[ObjectInfo], wanted: Iterable[ObjectInfo]) -> list[ObjectInfo]:
    """Return objects with the classes, names and order that are wanted; others lie above, and hidden ones stay so."""
    present = {info.number: info for info in objects}
    restored = [replace(info, hidden=present.pop(info.number).hidden) for info in wanted if info.number in present]
    return [*present.values(), *restored]
