"""The classes of objects, and how objects of one image share its pixels: one file for a folder."""

import colorsys
import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import RLock
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from cutout_rl.utils.atomic_write import write_text
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.damaged import read_intact
from cutout_rl.web.objects import FIRST_CLASS, MAX_NAME, MAX_NUMBER, take_number

MAX_CLASSES: Final = 1_000
_FIRST_COLOUR: Final = "#0072ff"
_HUE, _HUE_STEP = 0.6, 0.381966  # golden-ratio steps around the hue circle give distinct colours


class ClassInfo(msgspec.Struct, frozen=True):
    """A class.

    Attributes:
        id: from 1; the category's in COCO files.
        name: unique.
        colour: as `#rrggbb`.
    """

    id: Annotated[int, Meta(ge=1, le=MAX_NUMBER)]
    name: Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]
    colour: Annotated[str, Meta(pattern="^#[0-9a-fA-F]{6}$")]


class Classes(msgspec.Struct, frozen=True):
    """The classes in order, which is that of their keys, and the rules for objects of one image.

    Attributes:
        classes: at least one.
        overlap: whether a pixel may be in several objects; otherwise the topmost one has it.
        exclude: whether strokes inside one object are background for the others.
    """

    classes: Annotated[list[ClassInfo], Meta(min_length=1, max_length=MAX_CLASSES)]
    overlap: bool = False
    exclude: bool = True

    def name_of(self, category: int) -> str:
        """Return the name of a class, also of one that has been removed."""
        return next((each.name for each in self.classes if each.id == category), f"class {category}")

    def ids(self) -> dict[str, int]:
        """Return the ids of the classes by name."""
        return {each.name: each.id for each in self.classes}

    def with_names(self, wanted: Mapping[str, int | None]) -> "Classes":
        """Return the classes and those of other names, with the wanted ids where these are free.

        Raises:
            CutOutError: there would be too many classes, or a name is empty or too long.
        """
        classes = list(self.classes)
        used, names = {each.id for each in classes}, {each.name for each in classes}
        for name, number in wanted.items():
            if name in names:
                continue
            if not 0 < len(name) <= MAX_NAME:
                raise CutOutError(f"A class is named {name[:20]!r}; names have 1 to {MAX_NAME} characters.")
            if number is None or not 1 <= number <= MAX_NUMBER or number in used:
                number = take_number(used)
            classes.append(ClassInfo(number, name, _colour(len(classes))))
            used.add(number)
            names.add(name)
        if len(classes) > MAX_CLASSES:
            raise CutOutError(f"There can be at most {MAX_CLASSES} classes; unite some in the file.")
        return msgspec.structs.replace(self, classes=classes)


DEFAULT: Final = Classes([ClassInfo(FIRST_CLASS, "object", _FIRST_COLOUR)])


class ClassFile:
    """The file of classes, read when it is first needed.

    Attributes:
        revision: how often the classes were changed.
    """

    def __init__(self, file: Path, lock: RLock, report: Callable[[str], None]) -> None:
        """Name the file; nothing is read.

        Args:
            file: a JSON file, which need not exist.
            lock: held while it is read or written.
            report: is called with a sentence if the file is damaged; it is then renamed.
        """
        self._file = file
        self._lock = lock
        self._report = report
        self._classes: Classes | None = None
        self.revision = 0

    def load(self) -> Classes:
        """Return the classes; one named "object" if there is no file.

        Raises:
            CutOutError: the file is damaged and cannot be renamed.
        """
        with self._lock:
            if self._classes is None:
                self._classes = read_intact(self._file, decode_classes, "The classes", self._report) or DEFAULT
            return self._classes

    def save(self, classes: Classes) -> Classes:
        """Replace the classes, and return those before.

        Raises:
            CutOutError: two classes have one name or one id.
            OSError: the file cannot be written; the classes stay.
        """
        _require_unique(classes)
        with self._lock:
            before = self.load()
            if classes != before:
                write_text(self._file, json.dumps(msgspec.to_builtins(classes), indent=1, ensure_ascii=False))
                self._classes = classes
                self.revision += 1
            return before


def decode_classes(data: bytes) -> Classes:
    """Decode classes that a client sends, or that a file holds.

    Raises:
        CutOutError: they are invalid.
    """
    try:
        classes = msgspec.json.decode(data, type=Classes)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise CutOutError(f"The classes are invalid: {error}.") from None
    _require_unique(classes)
    return classes


def _require_unique(classes: Classes) -> None:
    names = Counter(each.name for each in classes.classes)
    ids = Counter(each.id for each in classes.classes)
    for what, values in (("named", names), ("numbered", ids)):
        for value, count in values.items():
            if count > 1:
                raise CutOutError(f"Two classes are {what} {value!r}; change one.")


def _colour(number: int) -> str:
    """Return the colour of the class that comes after `number` others."""
    if not number:
        return _FIRST_COLOUR
    levels = colorsys.hsv_to_rgb((_HUE + number * _HUE_STEP) % 1, 0.75, 0.9)
    return "#" + "".join(f"{round(255 * level):02x}" for level in levels)
