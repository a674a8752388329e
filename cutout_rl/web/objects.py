"""The objects of an image, and its edits, each of one object."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from cutout_rl.web.edits import Edit

MAX_OBJECTS: Final = 250  # per image; PNG files number them in 8 bits
MAX_NAME: Final = 80  # characters
MAX_NUMBER: Final = 2**31  # of an object or a class
FIRST_CLASS: Final = 1


@dataclass(frozen=True)
class ObjectInfo:
    """What is known of an object beside its strokes.

    Attributes:
        number: from 1; unique in the image.
        category: number of its class.
        name: given by the user; may be empty.
        hidden: whether the page shows its mask.
    """

    number: int
    category: int = FIRST_CLASS
    name: str = ""
    hidden: bool = False


@dataclass(frozen=True)
class ImageRecord:
    """What is stored about an image.

    Attributes:
        objects: the topmost first; at least one.
        tagged: the edits in order, each after the number of its object.
    """

    objects: tuple[ObjectInfo, ...] = (ObjectInfo(1),)
    tagged: tuple[tuple[int, Edit], ...] = ()

    @classmethod
    def of(cls, edits: Iterable[Edit]) -> "ImageRecord":
        """Return the record of a single object."""
        return cls(tagged=tuple((1, edit) for edit in edits))

    @property
    def edits(self) -> list[Edit]:
        """The edits of all objects."""
        return [edit for _, edit in self.tagged]

    def edits_of(self, number: int) -> list[Edit]:
        """Return the edits of one object."""
        return [edit for owner, edit in self.tagged if owner == number]

    def with_object(self, number: int) -> "ImageRecord":
        """Return the record with an object of that number, at the bottom if it is new."""
        if any(info.number == number for info in self.objects):
            return self
        return ImageRecord((*self.objects, ObjectInfo(number)), self.tagged)

    def joined(self, other: "ImageRecord") -> "ImageRecord":
        """Return the record with the objects and edits of another one that it lacks, after its own."""
        numbers = {info.number for info in self.objects}
        objects = (*self.objects, *(info for info in other.objects if info.number not in numbers))
        return ImageRecord(objects, (*self.tagged, *(each for each in other.tagged if each not in self.tagged)))


def take_number(used: set[int]) -> int:
    """Return an unused number from 1 and add it to the used ones: that after the largest, else the lowest.

    The lower ones may be those of removed objects or classes that files still name.
    """
    after = max(used, default=0) + 1
    number = after if after <= MAX_NUMBER else next(number for number in count(1) if number not in used)
    used.add(number)
    return number


def in_order(owners: Iterable[int], edits: Mapping[int, Iterable[Edit]]) -> tuple[tuple[int, Edit], ...]:
    """Return the edits of objects, each after its object's number.

    Args:
        owners: the numbers in the order of the edits; edits beyond them come last.
        edits: of each object.
    """
    left = {number: iter(own) for number, own in edits.items()}
    tagged = [(number, edit) for number in owners if number in left and (edit := next(left[number], None)) is not None]
    return (*tagged, *((number, edit) for number, own in left.items() for edit in own))


def without_empty(objects: Sequence[ObjectInfo], edited: Iterable[int]) -> tuple[ObjectInfo, ...]:
    """Return the objects that have edits; the first one if none has."""
    edited = set(edited)
    return tuple(info for info in objects if info.number in edited) or tuple(objects[:1])
