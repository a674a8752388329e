"""The folder in which the page keeps strokes, exports and scores."""

import hashlib
import json
import logging
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from threading import RLock
from typing import Annotated, Any, Final, Literal

import msgspec

from cutout_rl.utils.atomic_write import clear_partial, name_file_in_errors, write_text
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.untrusted_file import require_regular_file
from cutout_rl.web.classes import ClassFile
from cutout_rl.web.damaged import read_intact, set_aside
from cutout_rl.web.edit_json import from_json, to_json
from cutout_rl.web.edits import MAX_EDITS, Edit
from cutout_rl.web.estimates import Estimates
from cutout_rl.web.image_states import ImageStates
from cutout_rl.web.objects import MAX_NAME, MAX_OBJECTS, ImageRecord, ObjectInfo
from cutout_rl.web.work_time import WorkTimes

_VERSION: Final = 2
_END: Final = b"]}"  # of a file of strokes; an appended stroke is written over it
MAX_SCORES: Final = 1_000

_logger = logging.getLogger(__name__)


class _Object(msgspec.Struct):
    number: Annotated[int, msgspec.Meta(ge=1, le=2**31)]
    category: Annotated[int, msgspec.Meta(ge=1, le=2**31)]
    name: Annotated[str, msgspec.Meta(max_length=MAX_NAME)] = ""
    hidden: bool = False


class _StrokesFile(msgspec.Struct):
    """Version 1 had one object in each image."""

    version: Literal[1, 2]
    size: tuple[int, int]
    acts: Annotated[list[dict[str, Any]], msgspec.Meta(max_length=MAX_EDITS)]
    objects: Annotated[tuple[_Object, ...], msgspec.Meta(min_length=1, max_length=MAX_OBJECTS)] = (_Object(1, 1),)


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
    | `estimates.json` | how good agents take the masks of finished images to be |
    | `times.json` | seconds of work on each image |
    | `images/` | uploads |
    | `network/` | weights and settings of the network trained on the strokes |
    | `scores.json` | finished games |
    | `demonstrations/N/` | finished games in the format of `cutout_rl.evaluation.demonstrations` |
    | `exports/` | the latest exports |

    A new stroke is appended to its file by one write. Every other change is written beside the old file and renamed. A
    killed process therefore leaves whole files only. A damaged file is renamed to `NAME.damaged`, and the rest goes on.

    Attributes:
        lock: held while a file is written.
        damage: a sentence about each damaged file, oldest first.
        classes: the file of classes.
        states: the file of the images that are done or skipped.
        estimates: the file of how good agents take the masks of finished images to be.
        times: the file of the seconds of work on each image.
    """

    def __init__(self, folder: Path) -> None:
        """Remove partial files of a killed server; the folder is created on the first write."""
        self.folder = folder
        self.lock = RLock()
        self.damage: list[str] = []
        self.classes = ClassFile(folder / "classes.json", self.lock, self._report)
        self.states = ImageStates(folder / "states.json", self.lock, self._report)
        self.estimates = Estimates(folder / "estimates.json", self.lock, self._report)
        self.times = WorkTimes(folder / "times.json", self.lock, self._report)
        self._revisions: Counter[str] = Counter()
        try:
            clear_partial(folder)
        except OSError as error:
            _logger.warning("Cannot remove partial files of %s (%s).", folder, error.strerror)

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
            OSError: the file cannot be written; the earlier one stays.
        """
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
            with name_file_in_errors(file), file.open("rb+") as stream:
                end = stream.seek(-len(_END) - 1, os.SEEK_END) + 1
                is_first, tail = stream.read(1) == b"[", stream.read()
                if tail == _END:
                    text = json.dumps(_act(number, edit), separators=(",", ":")).encode()
                    _write_at(stream.fileno(), end, text + _END if is_first else b"," + text + _END)
                    self._revisions[name] += 1
                    return
            self.save(name, size, whole())  # the file was formatted by another program

    def load(self, name: str, size: tuple[int, int]) -> ImageRecord:
        """Read the record of an image of that (height, width); one object without edits if there is no file.

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
                return ImageRecord((ObjectInfo(1, self.classes.load().classes[0].id),))
            except (msgspec.DecodeError, RecursionError, CutOutError):
                self._report(set_aside(file, f"The strokes in {file} do not fit the image {name}"))
                self._revisions[name] += 1
                return ImageRecord()

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
        return {file.name.removesuffix(".json") for file in (self.folder / "strokes").glob("[!.]*.json")}

    def scores(self) -> list[dict[str, Any]]:
        """Read the table of scores, newest last; a damaged file is renamed, and counts as absent.

        Raises:
            CutOutError: the file is damaged and cannot be renamed.
        """
        with self.lock:
            return read_intact(self.folder / "scores.json", _decode_scores, "The scores", self._report) or []

    def add_score(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        """Append a finished game to the table of scores, keep the newest thousand rows, and return them."""
        with self.lock:
            rows = [*self.scores(), row][-MAX_SCORES:]
            write_text(self.folder / "scores.json", json.dumps(rows, indent=1))
        return rows

    def _report(self, damage: str) -> None:
        _logger.warning("%s", damage)
        self.damage.append(damage)

    def _strokes(self, name: str) -> Path:
        return self.folder / "strokes" / f"{name}.json"


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


def _write_at(descriptor: int, place: int, data: bytes) -> None:
    """Write over the end of a file; after an error the file is as it was."""
    before = os.pread(descriptor, len(data), place)
    written = 0
    try:
        while written < len(data):
            written += os.pwrite(descriptor, data[written:], place + written)
    except OSError:
        os.pwrite(descriptor, before, place)
        os.ftruncate(descriptor, place + len(before))
        raise


def access_failure(error: OSError) -> str:
    """Return a sentence about a file that cannot be written or read."""
    return f"Cannot access {error.filename or 'a file'}: {error.strerror}; free some space or check the permissions."
