"""The objects of an image, and its edits, each of one object."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cutout_rl.web.edits import Edit

MAX_OBJECTS: Final = 250  # per image; PNG files number them in 8 bits
MAX_NAME: Final = 80  # characters
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


def without_empty(objects: Sequence[ObjectInfo], edited: Iterable[int]) -> tuple[ObjectInfo, ...]:
    """Return the objects that have edits; the first one if none has."""
    edited = set(edited)
    return tuple(info for info in objects if info.number in edited) or tuple(objects[:1])
