"""What can be undone of the objects of an image, beside their edits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from cutout_rl.web.objects import ObjectInfo


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


def arranged(objects: Sequence[ObjectInfo], wanted: Iterable[ObjectInfo]) -> list[ObjectInfo]:
    """Return objects with the classes, names and order that are wanted; others lie above, and hidden ones stay so."""
    present = {info.number: info for info in objects}
    restored = [replace(info, hidden=present.pop(info.number).hidden) for info in wanted if info.number in present]
    return [*present.values(), *restored]
