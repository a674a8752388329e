"""The server's side of the network that learns while people draw: what it is taught, shown and told."""

import json
import logging
import multiprocessing
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import RLock, Thread
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE, UNLABELLED
from cutout_rl.utils.atomic_write import write_text
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.edits import PERSON, Act, Box, Stroke
from cutout_rl.web.image_store import Album
from cutout_rl.web.online.config import LearningSettings
from cutout_rl.web.online.process import BeginAnew, Change, Guess, Order, Progress, Teach, Trouble, Watch, serve
from cutout_rl.web.online.sample import Lesson, shrink, small_scale
from cutout_rl.web.rasterize import draw_labels
from cutout_rl.web.storage import Keeping

_SIDES: Final = (LABELLED_INSIDE, LABELLED_OUTSIDE)
_PATIENCE: Final = 10.0  # s that the process is given to save and end

_logger = logging.getLogger(__name__)


def make_lesson(small: NDArray[np.uint8], size: tuple[int, int], acts: Sequence[Act]) -> Lesson | None:
    """Give what people have said of an image by strokes, imports and the rest, None where it teaches nothing.

    What agents and the network itself have drawn is no truth to learn from, and a box is none either.

    Args:
        small: (h, w, 3) uint8, the image as `shrink` gives it.
        size: (height, width) of the image.
        acts: in pixels of the image.
    """
    own = [act for act in acts if not isinstance(act, Box) and not (isinstance(act, Stroke) and act.by != PERSON)]
    height, width = small.shape[:2]
    labels = draw_labels(own, (height, width), small_scale(*size))
    return Lesson(small, labels) if (labels != UNLABELLED).any() else None


class Learner:
    """Keeps a process that learns from all the strokes of people, and knows what it has answered.

    No method waits for the process. It is started when it is first needed, and again after it has died.

    Attributes:
        settings: what it learns by.
        version: counts what it has said; it grows when there is something new to show.
    """

    def __init__(self, album: Album, keeping: Keeping) -> None:
        """Read the settings that were kept.

        Raises:
            CutOutError: they are damaged.
        """
        self._album = album
        self._keeping = keeping
        self._file = keeping.folder / "network" / "settings.json"
        self._weights = keeping.folder / "network" / "weights.safetensors"
        self.settings = self._kept_settings()
        self.version = 0
        self._lock = RLock()
        self._orders: SimpleQueue[Order | None] = SimpleQueue()
        self._process: Any = None
        self._lessons: dict[str, Lesson] = {}
        self._counts: dict[str, tuple[int, int]] = {}  # pixels inside and outside
        self._viewers: dict[object, tuple[str, NDArray[np.uint8]]] = {}
        self._progress = Progress(0, None, 0.0)
        self._guesses: dict[str, tuple[int, NDArray[np.uint8]]] = {}
        self._trouble = ""

    def resume(self) -> None:
        """Go on training where it was on when the server ended."""
        if self.settings.training:
            self._require_process()

    def change(self, changes: Mapping[str, object]) -> None:
        """Change some of the settings, and keep them.

        Raises:
            CutOutError: there is no such setting, or it cannot have that value.
        """
        with self._lock:
            self.settings = self.settings.changed(changes)
            write_text(self._file, json.dumps(asdict(self.settings), indent=1))
            self._trouble = ""
            self._require_process()
            self._orders.put(Change(self.settings))
            self.version += 1

    def teach(self, name: str, small: NDArray[np.uint8], size: tuple[int, int], acts: Sequence[Act]) -> None:
        """Learn what is known of an image now, in place of what was known before; see `make_lesson`."""
        with self._lock:
            self._teach(name, make_lesson(small, size, acts))

    def teach_kept(self, names: Sequence[str]) -> None:
        """Learn what is kept of some images now, which others than people with a pen have changed."""
        with self._lock:
            if self._process is not None:  # a new one goes through all images
                Thread(target=self._teach_kept, args=(names, True), daemon=True).start()

    def watch(self, viewer: object, name: str, small: NDArray[np.uint8]) -> None:
        """Keep the guess of an image fresh for one who looks at it, in place of what it looked at before."""
        with self._lock:
            self._viewers[viewer] = name, small
            self._require_process()
            self._send_viewed()

    def look_away(self, viewer: object) -> None:
        """Guess nothing more for one who looked."""
        with self._lock:
            if self._viewers.pop(viewer, None) is not None:
                self._send_viewed()

    def begin_anew(self) -> None:
        """Draw new weights; what was drawn by people is learnt again."""
        with self._lock:
            self._trouble = ""
            self._require_process()
            self._orders.put(BeginAnew())

    def guess(self, name: str) -> tuple[int, NDArray[np.uint8]] | None:
        """Give the newest guess of an image that is looked at, (h, w) uint8, and its number; None where none is there.

        255 stands where the network is sure of the object, 0 where it is sure of the background.
        """
        return self._guesses.get(name)

    def state(self) -> dict[str, Any]:
        """Tell how learning goes: settings, steps, loss, steps per second, and how much is annotated."""
        with self._lock:
            return {
                **asdict(self.settings),
                **asdict(self._progress),
                "inside": sum(inside for inside, _ in self._counts.values()),
                "outside": sum(outside for _, outside in self._counts.values()),
                "images": len(self._lessons),
                "trouble": self._trouble,
            }

    def close(self) -> None:
        """Have the process save and end."""
        with self._lock:
            process, self._process = self._process, None
            self._orders.put(None)
        if process is not None:
            process.join(_PATIENCE)
            process.kill()

    def _kept_settings(self) -> LearningSettings:
        try:
            values = json.loads(self._file.read_text(encoding="utf-8"))
            if not isinstance(values, dict):
                raise CutOutError("It holds no settings.")
            return LearningSettings().changed(values)
        except FileNotFoundError:
            return LearningSettings()
        except (ValueError, RecursionError, CutOutError):
            raise CutOutError(f"{self._file} is damaged; move it away.") from None

    def _teach(self, name: str, lesson: Lesson | None) -> None:
        if lesson is None:
            self._lessons.pop(name, None)
            self._counts.pop(name, None)
        else:
            self._lessons[name] = lesson
            inside, outside = (int(np.count_nonzero(lesson.labels == label)) for label in _SIDES)
            self._counts[name] = inside, outside
        if self._process is not None:
            self._orders.put(Teach(name, lesson))
        self.version += 1

    def _send_viewed(self) -> None:
        viewed = dict(self._viewers.values())
        self._guesses = {name: guess for name, guess in self._guesses.items() if name in viewed}
        if self._process is not None:
            self._orders.put(Watch(viewed))

    def _require_process(self) -> None:
        """Start the process if there is none, and tell it all there is to know."""
        with self._lock:
            if self._process is not None:
                return
            context = multiprocessing.get_context("spawn")  # a fork would copy locks that other threads hold
            (orders_out, orders), (reports, reports_in) = context.Pipe(False), context.Pipe(False)
            self._process = context.Process(
                target=serve, args=(orders_out, reports_in, self.settings, self._weights), name="network", daemon=True
            )
            self._process.start()
            orders_out.close()
            reports_in.close()
            self._orders = SimpleQueue()
            for name, lesson in self._lessons.items():
                self._orders.put(Teach(name, lesson))
            self._send_viewed()
            for target, arguments in (
                (_send, (orders, self._orders)),
                (self._receive, (reports, self._process)),
                (self._teach_kept, (sorted(self._keeping.touched() & set(self._album.names())), False)),
            ):
                Thread(target=target, args=arguments, daemon=True).start()

    def _teach_kept(self, names: Sequence[str], again: bool) -> None:
        """Read what is kept of some images; without `again`, only of those of which nothing is known."""
        for name in names:
            try:
                image = self._album.image(name)
                size = image.shape[0], image.shape[1]
                small = shrink(image)
                with self._lock:  # so that a stroke drawn meanwhile is not forgotten again
                    if again or name not in self._lessons:
                        self._teach(name, make_lesson(small, size, self._keeping.load_acts(name, size)))
            except CutOutError as error:
                _logger.warning("the network does not learn from %s: %s", name, error)

    def _receive(self, connection: Connection, process: object) -> None:
        with suppress(EOFError, OSError):
            while True:
                report = connection.recv()
                with self._lock:
                    self.version += 1
                    if isinstance(report, Progress):
                        self._progress = report
                    elif isinstance(report, Trouble):
                        self._trouble = report.sentence
                        self.settings = replace(self.settings, training=False)
                    elif isinstance(report, Guess) and report.name in dict(self._viewers.values()):
                        self._guesses[report.name] = self.version, report.chance
        with self._lock:
            if self._process is process:  # it has not been told to end
                self._process = None
                self._orders.put(None)
                self.settings = replace(self.settings, training=False)
                self._trouble = "The network's process has ended; turn training on to begin it again."
                self.version += 1


def _send(connection: Connection, orders: "SimpleQueue[Order | None]") -> None:
    """Hand orders over until there are no more, in a thread of its own, for a full pipe makes its writer wait."""
    with suppress(OSError):
        while (order := orders.get()) is not None:
            connection.send(order)
    connection.close()
