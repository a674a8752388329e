"""The folder in which the page keeps strokes, exports and scores."""

import hashlib
import json
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from io import FileIO
from pathlib import Path
from threading import RLock
from typing import Annotated, Any, Final, Literal

import msgspec

from cutout_rl.utils.atomic_write import clear_partial, name_file_in_errors, write_text
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.file_lock import LockHeldError, file_lock
from cutout_rl.utils.untrusted_file import require_regular_file
from cutout_rl.web.classes import ClassFile
from cutout_rl.web.damaged import read_intact, set_aside
from cutout_rl.web.edit_json import from_json, to_json
from cutout_rl.web.edits import MAX_EDITS, Edit
from cutout_rl.web.estimates import Estimates
from cutout_rl.web.image_states import ImageStates
from cutout_rl.web.objects import MAX_NAME, MAX_NUMBER, MAX_OBJECTS, ImageRecord, ObjectInfo
from cutout_rl.web.work_time import WorkTimes

_VERSION: Final = 2
_LOCK: Final = ".page.lock"
_LONGEST_NAME: Final = 250  # bytes of an image's name, beside the ending
_END: Final = b"]}"  # of a file of strokes; an appended stroke is written over it
MAX_SCORES: Final = 1_000

_logger = logging.getLogger(__name__)


class _Object(msgspec.Struct):
    number: Annotated[int, msgspec.Meta(ge=1, le=MAX_NUMBER)]
    category: Annotated[int, msgspec.Meta(ge=1, le=MAX_NUMBER)]
    name: Annotated[str, msgspec.Meta(max_length=MAX_NAME)] = ""
    hidden: bool = False


class _StrokesFile(msgspec.Struct):
    """Version 1 had one object in each image."""

    version: Literal[1, 2]
    size: tuple[int, int]
    acts: Annotated[list[dict[str, Any]], msgspec.Meta(max_length=MAX_EDITS)]
    objects: Annotated[tuple[_Object, ...], msgspec.Meta(min_length=1, max_length=MAX_OBJECTS)] = (_Object(1, 1),)


class _Named(msgspec.Struct):
    image: str


class _Score(msgspec.Struct):
    name: str
    iou: float
    rivals: dict[str, float]


class Storage:
    """A folder of the users' work.

    | file | content |
    |---|---|
    | `strokes/NAME.json` | the objects of an image and their edits, in pixels of the image |
    | `classes.json` | the classes of the objects |
    | `states.json` | which images are done or skipped |
    | `estimates.json` | the IoU that agents predict for the images that they have finished |
    | `times.json` | seconds of work on each image |
    | `images/` | uploads |
    | `network/` | weights and settings of the network trained on the strokes |
    | `scores.json` | finished games |
    | `demonstrations/N/` | finished games in the format of `cutout_rl.evaluation.demonstrations` |
    | `exports/` | the latest exports |

    A new stroke is appended to its file by one write. Every other change is written beside the old file and renamed. A
    killed process therefore leaves whole files only. A damaged file is renamed to `NAME.damaged`, and the rest goes on.
    If an image's name is too long for its file of strokes, the file is named by a hash.

    Attributes:
        lock: held while a file is written.
        damage: a sentence about each damaged file, oldest first.
        classes: the file of classes.
        states: the file of the images that are done or skipped.
        estimates: the file of the IoU that agents predict for finished images.
        times: the file of the seconds of work on each image.
    """

    def __init__(self, folder: Path) -> None:
        """Name the folder, which is created when it is needed."""
        self.folder = folder
        self.lock = RLock()
        self.damage: list[str] = []
        self.classes = ClassFile(folder / "classes.json", self.lock, self.report)
        self.states = ImageStates(folder / "states.json", self.lock, self.report)
        self.estimates = Estimates(folder / "estimates.json", self.lock, self.report)
        self.times = WorkTimes(folder / "times.json", self.lock, self.report)
        self._revisions: Counter[str] = Counter()
        self._long_names: dict[str, str] = {}  # by their hashes

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Lock the folder, so that no other server writes into it, and remove partial files of a killed one.

        A folder that cannot be written is served without a lock.

        Raises:
            CutOutError: another server uses the folder.
        """
        with ExitStack() as stack:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                stack.callback(_remove_if_empty, self.folder)
                stack.enter_context(file_lock(self.folder / _LOCK))
                clear_partial(self.folder)
            except LockHeldError:
                raise CutOutError(
                    f"Another server uses {self.folder}; open its address, or end it, or choose another folder with"
                    " --out."
                ) from None
            except OSError as error:
                _logger.warning("Cannot write into %s (%s).", self.folder, error.strerror)
            yield

    @property
    def uploads(self) -> Path:
        """The folder of uploads."""
        return self.folder / "images"

    @property
    def identity(self) -> str:
        """A number of the folder, under which browsers keep strokes; it does not reveal the path."""
        return hashlib.sha256(os.fsencode(self.folder.resolve())).hexdigest()[:16]

    def revision(self, name: str) -> int:
        """Return how often this server has written the edits of an image."""
        return self._revisions[name]

    def save(self, name: str, size: tuple[int, int], record: ImageRecord) -> None:
        """Write the record of an image of that (height, width), in place of the earlier one.

        Raises:
            CutOutError: there are too many edits or objects; the earlier file stays.
            OSError: the file cannot be written; the earlier one stays.
        """
        if len(record.tagged) > MAX_EDITS or len(record.objects) > MAX_OBJECTS:  # it could not be read again
            raise CutOutError(
                f"An image can have at most {MAX_EDITS} strokes of {MAX_OBJECTS} objects; undo some, or remove objects."
            )
        written = {
            "version": _VERSION,
            "image": name,
            "size": list(size),
            "objects": [asdict(info) for info in record.objects],
            "acts": [_act(number, edit) for number, edit in record.tagged],
        }
        with self.lock:
            write_text(self._strokes(name), json.dumps(written, separators=(",", ":")))
            self._revisions[name] += 1

    def append(
        self, name: str, size: tuple[int, int], number: int, edit: Edit, whole: Callable[[], ImageRecord]
    ) -> None:
        """Add an edit to those of an image of that (height, width), in time that does not depend on their number.

        Nothing is synced: a power failure may lose the latest edits.

        Args:
            name: of the image.
            size: its height and width.
            number: of the object, which is stored already.
            edit: the new one.
            whole: returns the whole record, which is written if nothing can be appended to the file.

        Raises:
            OSError: the file cannot be written; it stays as it was.
        """
        with self.lock:
            file = self._strokes(name)
            if not file.exists():
                self.save(name, size, whole())
                return
            with name_file_in_errors(file), file.open("rb+", buffering=0) as stream:
                end = stream.seek(-len(_END) - 1, os.SEEK_END) + 1
                is_first, tail = stream.read(1) == b"[", stream.read()
                if tail == _END:
                    text = json.dumps(_act(number, edit), separators=(",", ":")).encode()
                    _write_at(stream, end, text + _END if is_first else b"," + text + _END)
                    self._revisions[name] += 1
                    return
            self.save(name, size, whole())  # the file was formatted by another program

    def load(self, name: str, size: tuple[int, int]) -> ImageRecord:
        """Read the record of an image of that (height, width); one object without edits if there is none.

        Raises:
            CutOutError: as `find`.
        """
        with self.lock:
            return self.find(name, size) or self.untouched()

    def untouched(self) -> ImageRecord:
        """Return the record of an image on which nothing has been drawn: one object of the first class."""
        return ImageRecord((ObjectInfo(1, self.classes.load().classes[0].id),))

    def find(self, name: str, size: tuple[int, int]) -> ImageRecord | None:
        """Read the record of an image of that (height, width); None if there is no file.

        A file that is damaged, of another version, or of an image of another size is renamed, and counts as absent.

        Raises:
            CutOutError: the file is damaged and cannot be renamed.
        """
        file = self._strokes(name)
        with self.lock:
            try:
                require_regular_file(file, f"The file {file}")
                stored = msgspec.json.decode(file.read_bytes(), type=_StrokesFile)
                if stored.size != size:
                    raise CutOutError("It belongs to another image.")
                objects = tuple(
                    ObjectInfo(each.number, each.category, each.name, each.hidden) for each in stored.objects
                )
                tagged = tuple((_owner(value, objects), from_json(value, size)) for value in stored.acts)
                return ImageRecord(objects, tagged)
            except FileNotFoundError:
                return None
            except (msgspec.DecodeError, RecursionError, CutOutError):
                self.report(set_aside(file, f"The strokes in {file} do not fit the image {name}"))
                self._revisions[name] += 1
                return None

    def remove(self, name: str) -> None:
        """Remove the record of an image, so that it counts as untouched.

        Raises:
            OSError: the file cannot be removed.
        """
        with self.lock:
            self._strokes(name).unlink(missing_ok=True)
            self._revisions[name] += 1

    def edited_images(self) -> set[str]:
        """Return the names of the images that have a file of strokes."""
        return {self._image_of(file) for file in (self.folder / "strokes").glob("[!.]*.json")} - {""}

    def scores(self) -> list[dict[str, Any]]:
        """Read the table of scores, newest last; a damaged file is renamed, and counts as absent.

        Raises:
            CutOutError: the file is damaged and cannot be renamed.
        """
        with self.lock:
            return read_intact(self.folder / "scores.json", _decode_scores, "The scores", self.report) or []

    def add_score(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        """Append a finished game to the table of scores, keep the newest thousand rows, and return them."""
        with self.lock:
            rows = [*self.scores(), row][-MAX_SCORES:]
            write_text(self.folder / "scores.json", json.dumps(rows, indent=1))
        return rows

    def report(self, damage: str) -> None:
        """Log a sentence about a damaged file, and keep it for the clients."""
        _logger.warning("%s", damage)
        self.damage.append(damage)

    def _strokes(self, name: str) -> Path:
        if len(os.fsencode(name)) > _LONGEST_NAME:
            key = hashlib.sha256(os.fsencode(name)).hexdigest()
            self._long_names[key] = name
            name = key
        return self.folder / "strokes" / f"{name}.json"

    def _image_of(self, file: Path) -> str:
        """Return the name of the image that a file of strokes belongs to; "" if it cannot be told."""
        if "." in file.stem:  # names of images have an ending, hashes have none
            return file.stem
        if file.stem not in self._long_names:
            with suppress(OSError, ValueError, RecursionError, CutOutError):
                require_regular_file(file, f"The file {file}")
                self._long_names[file.stem] = msgspec.json.decode(file.read_bytes(), type=_Named).image
        return self._long_names.get(file.stem, "")


def _decode_scores(data: bytes) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(data)
    msgspec.convert(rows, list[_Score])
    return rows


def _act(number: int, edit: Edit) -> dict[str, Any]:
    return {"object": number, **to_json(edit)}


def _owner(act: dict[str, Any], objects: tuple[ObjectInfo, ...]) -> int:
    number = act.get("object", 1)
    if not any(number == info.number for info in objects):
        raise CutOutError("An edit belongs to no object.")
    return int(number)


def _write_at(stream: FileIO, place: int, data: bytes) -> None:
    """Write over the end of an unbuffered file; after an error the file is as it was."""
    stream.seek(place)
    before = stream.read()
    stream.seek(place)
    written = 0
    try:
        while written < len(data):
            written += stream.write(data[written:])
    except OSError:
        stream.seek(place)
        stream.write(before)
        stream.truncate()
        raise


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def access_failure(error: OSError) -> str:
    """Return a sentence about a file that cannot be written or read."""
    return f"Cannot access {error.filename or 'a file'}: {error.strerror}; free some space or check the permissions."
