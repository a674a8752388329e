"""Changes that a client makes by a request, and that undo takes back: marks, classes, imports, carried strokes."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count
from threading import Lock
from typing import Final, Protocol

from cutout_rl.web.classes import Classes, ClassFile
from cutout_rl.web.image_states import ImageStates, Kept
from cutout_rl.web.image_store import ImageStore
from cutout_rl.web.objects import ImageRecord, without_empty
from cutout_rl.web.storage import Storage

_MOST_OFFERED: Final = 16


class FolderChange(Protocol):
    """A change of some images, without their being open, or of what holds for all of them."""

    @property
    def names(self) -> list[str]:
        """The names of the images, one of which is shown when the change is undone; empty for all images."""
        ...

    def carry_out(self, images: ImageStore, storage: Storage, is_redo: bool) -> str:
        """Make the change again, or take it back; return a sentence about what was done.

        Raises:
            CutOutError: a file is damaged and cannot be renamed.
            OSError: a file cannot be written.
        """
        ...


@dataclass(frozen=True, eq=False)
class Mark:
    """An image was marked, or its mark was removed.

    Attributes:
        name: of the image.
        before: the mark before; None for none.
        after: the mark after.
    """

    name: str
    before: Kept | None
    after: Kept | None

    @classmethod
    def make(cls, states: ImageStates, name: str, state: str) -> "Mark":
        """Mark an image as done or skipped; any other state removes the mark.

        Raises:
            CutOutError: there is no such state.
            OSError: the file cannot be written; the state stays.
        """
        before = states.load().get(name)
        states.set(name, state)
        return cls(name, before, states.load().get(name))

    @property
    def names(self) -> list[str]:
        """The name of the image."""
        return [self.name]

    def carry_out(self, images: ImageStore, storage: Storage, is_redo: bool) -> str:
        """Set the mark again, or the one before; see `FolderChange`."""
        wanted, other = (self.after, self.before) if is_redo else (self.before, self.after)
        storage.states.set(self.name, wanted or "untouched")
        return f"{self.name} is marked as {wanted} again." if wanted else f"{self.name} is no longer marked as {other}."


@dataclass(frozen=True, eq=False)
class ClassChange:
    """The classes, or the rules for objects, were changed.

    Attributes:
        before: the classes before.
        after: the classes after.
    """

    before: Classes
    after: Classes

    @classmethod
    def make(cls, file: ClassFile, classes: Classes) -> "ClassChange":
        """Replace the classes.

        Raises:
            CutOutError: two classes have one name or one id.
            OSError: the file cannot be written; the classes stay.
        """
        return cls(file.save(classes), classes)

    @property
    def names(self) -> list[str]:
        """No names: classes hold for all images."""
        return []

    def carry_out(self, images: ImageStore, storage: Storage, is_redo: bool) -> str:
        """Set the classes again, or those before, unless somebody has changed them since; see `FolderChange`."""
        wanted, other = (self.after, self.before) if is_redo else (self.before, self.after)
        with storage.lock:
            if storage.classes.load() != other:
                return "The classes stay as they are: somebody has changed them since."
            storage.classes.save(wanted)
        return f"The change of the classes is {'made again' if is_redo else 'undone'}."


@dataclass(frozen=True, eq=False)
class Replacement:
    """The records of images were replaced.

    Attributes:
        what: replaced them, as the subject of a sentence.
        before: the records before, by image; None for an image without a file.
        after: the records after.
        classes: before and after.
    """

    what: str
    before: Mapping[str, ImageRecord | None]
    after: Mapping[str, ImageRecord]
    classes: tuple[Classes, Classes]

    @property
    def names(self) -> list[str]:
        """The names of the images."""
        return list(self.after)

    def carry_out(self, images: ImageStore, storage: Storage, is_redo: bool) -> str:
        """Replace the records again, or restore those before; see `FolderChange`.

        Images that somebody else has changed since stay as they are, and so do the classes.
        """
        source, target = (self.before, self.after) if is_redo else (self.after, self.before)
        old, new = self.classes if is_redo else reversed(self.classes)
        left = 0
        with storage.lock:
            present = set(images.names())
            for name, record in target.items():
                now = _work(storage.load(name, images.shape(name))) if name in present else None
                if name not in present or now not in (_work(source[name]), _work(record)):
                    left += 1
                elif record is None:
                    storage.remove(name)
                else:
                    storage.save(name, images.shape(name), record)
            if storage.classes.load() == old:
                storage.classes.save(new)
        done = f"{self.what} is {'made again' if is_redo else 'undone'}"
        if not left:
            return f"{done}."
        return f"{done}, but not where somebody has changed something since: in {left} of {len(target)} images."


class OfferedChanges:
    """The newest changes that were made by requests, until the clients that made them take them over."""

    def __init__(self) -> None:
        """Begin without changes."""
        self._lock = Lock()
        self._numbers = count(1)
        self._offered: OrderedDict[int, FolderChange] = OrderedDict()

    def add(self, change: FolderChange) -> int:
        """Keep a change, and return its number."""
        with self._lock:
            number = next(self._numbers)
            self._offered[number] = change
            if len(self._offered) > _MOST_OFFERED:
                self._offered.popitem(last=False)
            return number

    def take(self, number: int) -> FolderChange | None:
        """Remove a change and return it; None if it is not there."""
        with self._lock:
            return self._offered.pop(number, None)


def _work(record: ImageRecord | None) -> object:
    """Return what a record holds of somebody's work: its edits, and the objects that have some, hidden or not."""
    if record is None or not record.tagged:
        return None
    objects = without_empty(record.objects, (owner for owner, _ in record.tagged))
    return [replace(info, hidden=False) for info in objects], record.tagged
