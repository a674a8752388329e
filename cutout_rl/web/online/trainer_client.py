"""The server's client of the training process: it owns the process, its queue of commands and its last reports."""

import json
import logging
import multiprocessing
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from queue import SimpleQueue
from threading import RLock, Thread
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE, UNLABELLED
from cutout_rl.utils.atomic_write import write_text
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.damaged import read_intact
from cutout_rl.web.edits import PERSON, Box, Edit, Stroke
from cutout_rl.web.image_store import ImageStore
from cutout_rl.web.objects import ImageRecord
from cutout_rl.web.online.config import LearningSettings
from cutout_rl.web.online.sample import TrainingSample, shrink, small_scale
from cutout_rl.web.online.worker import (
    Command,
    Failure,
    Progress,
    Report,
    Reset,
    SetSample,
    SetSettings,
    SetWatched,
    run_worker,
)
from cutout_rl.web.rasterize import draw_labels, united_labels
from cutout_rl.web.storage import Storage

_SIDES: Final = (LABELLED_INSIDE, LABELLED_OUTSIDE)
_EXIT_TIMEOUT: Final = 10.0  # s for the process to save and end

_logger = logging.getLogger(__name__)


def make_training_sample(small: NDArray[np.uint8], size: tuple[int, int], record: ImageRecord) -> TrainingSample | None:
    """Return the sample that users' edits define; None if no pixel is annotated.

    Strokes of agents and of the network are left out, because they are not ground truth, and so are boxes. A pixel that
    is marked inside any object is inside.

    Args:
        small: (h, w, 3) uint8, the image as `shrink` returns it.
        size: (height, width) of the image.
        record: the objects and their edits.
    """
    height, width = small.shape[:2]
    labels = united_labels(
        draw_labels(filter(_is_learnt, record.edits_of(info.number)), (height, width), small_scale(*size))
        for info in record.objects
    )
    return TrainingSample(small, labels) if (labels != UNLABELLED).any() else None


def _is_learnt(edit: Edit) -> bool:
    return not isinstance(edit, Box) and not (isinstance(edit, Stroke) and edit.by != PERSON)


class TrainerClient:
    """Client of a process that trains the network on the strokes of all users.

    No method waits for the process. It starts when it is first needed, and again after it has died.

    Attributes:
        settings: of the training.
        version: a counter that grows with every change that clients should see.
    """

    def __init__(self, images: ImageStore, storage: Storage) -> None:
        """Read the stored settings.

        Raises:
            CutOutError: they are damaged, and the file cannot be renamed.
        """
        self._images = images
        self._storage = storage
        self._file = storage.folder / "network" / "settings.json"
        self._weights = storage.folder / "network" / "weights.safetensors"
        self.settings = self._load_settings()
        self.version = 0
        self._lock = RLock()
        self._commands: SimpleQueue[Command | None] = SimpleQueue()
        self._process: SpawnProcess | None = None
        self._samples: dict[str, TrainingSample] = {}
        self._counts: dict[str, tuple[int, int]] = {}  # pixels inside and outside
        self._watched: dict[object, tuple[str, NDArray[np.uint8]]] = {}  # by watcher
        self._progress = Progress(0, None, 0.0)
        self._predictions: dict[str, tuple[int, NDArray[np.uint8]]] = {}
        self._failure = ""

    def resume(self) -> None:
        """Start the process if training was on when the server stopped."""
        if self.settings.training:
            self._require_process()

    def change_settings(self, changes: Mapping[str, object]) -> None:
        """Change some of the settings, and store them.

        Raises:
            CutOutError: there is no such setting, or the value is invalid.
        """
        with self._lock:
            self.settings = self.settings.changed(changes)
            write_text(self._file, json.dumps(asdict(self.settings), indent=1))
            self._failure = ""
            self._require_process()
            self._commands.put(SetSettings(self.settings))
            self.version += 1

    def set_record(self, name: str, small: NDArray[np.uint8], size: tuple[int, int], record: ImageRecord) -> None:
        """Replace the training sample of an image; see `make_training_sample`."""
        with self._lock:
            self._set_sample(name, make_training_sample(small, size, record))

    def reload_samples(self, names: Sequence[str]) -> None:
        """Read the training samples of some images again, after their stored edits have changed."""
        with self._lock:
            if self._process is not None:  # a new process reads all images
                Thread(target=self._load_samples, args=(names, True), daemon=True).start()

    def watch(self, watcher: object, name: str, small: NDArray[np.uint8]) -> None:
        """Keep the prediction of an image up to date, in place of the watcher's previous image."""
        with self._lock:
            self._watched[watcher] = name, small
            self._require_process()
            self._send_watched()

    def unwatch(self, watcher: object) -> None:
        """Stop predicting for a watcher."""
        with self._lock:
            if self._watched.pop(watcher, None) is not None:
                self._send_watched()

    def reset(self) -> None:
        """Initialise new weights; the samples stay."""
        with self._lock:
            self._failure = ""
            self._require_process()
            self._commands.put(Reset())

    def prediction(self, name: str) -> tuple[int, NDArray[np.uint8]] | None:
        """Return the newest prediction of a watched image and its number; None if there is none.

        The prediction is (h, w) uint8, 255 stands for a probability of 1 of the object.
        """
        return self._predictions.get(name)

    def state(self) -> dict[str, Any]:
        """Return settings, steps, loss, steps per second, numbers of annotated pixels and images, and any failure."""
        with self._lock:
            return {
                **asdict(self.settings),
                **asdict(self._progress),
                "inside": sum(inside for inside, _ in self._counts.values()),
                "outside": sum(outside for _, outside in self._counts.values()),
                "images": len(self._samples),
                "failure": self._failure,
            }

    def close(self, timeout: float = _EXIT_TIMEOUT) -> None:
        """Make the process save and end, and kill it after that many seconds."""
        with self._lock:
            process, self._process = self._process, None
            self._commands.put(None)
        if process is not None:
            process.join(timeout)
            process.kill()

    def _load_settings(self) -> LearningSettings:
        stored = read_intact(self._file, _decode_settings, "The settings of the network", self._storage.report)
        return stored or LearningSettings()

    def _set_sample(self, name: str, sample: TrainingSample | None) -> None:
        if sample is None:
            self._samples.pop(name, None)
            self._counts.pop(name, None)
        else:
            self._samples[name] = sample
            inside, outside = (int(np.count_nonzero(sample.labels == label)) for label in _SIDES)
            self._counts[name] = inside, outside
        if self._process is not None:
            self._commands.put(SetSample(name, sample))
        self.version += 1

    def _send_watched(self) -> None:
        watched = dict(self._watched.values())
        self._predictions = {name: value for name, value in self._predictions.items() if name in watched}
        if self._process is not None:
            self._commands.put(SetWatched(watched))

    def _require_process(self) -> None:
        """Start the process if there is none, and send it the current state."""
        with self._lock:
            if self._process is not None:
                return
            context = multiprocessing.get_context("spawn")  # a fork would copy locks that other threads hold
            (commands_out, commands), (reports, reports_in) = context.Pipe(False), context.Pipe(False)
            self._process = context.Process(
                target=run_worker,
                args=(commands_out, reports_in, self.settings, self._weights),
                name="network",
                daemon=True,
            )
            self._process.start()
            commands_out.close()
            reports_in.close()
            self._commands = SimpleQueue()
            for name, sample in self._samples.items():
                self._commands.put(SetSample(name, sample))
            self._send_watched()
            names = sorted(self._storage.edited_images() & set(self._images.names()))
            for target, arguments in (
                (_send, (commands, self._commands)),
                (self._receive, (reports, self._process)),
                (self._load_samples, (names, False)),
            ):
                Thread(target=target, args=arguments, daemon=True).start()

    def _load_samples(self, names: Sequence[str], again: bool) -> None:
        """Read the samples of some images; without `again`, only of those without a sample."""
        for name in names:
            try:
                image = self._images.load(name)
                size = image.shape[0], image.shape[1]
                small = shrink(image)
                with self._lock:  # so that a concurrent stroke is not overwritten by the stored edits
                    if again or name not in self._samples:
                        self._set_sample(name, make_training_sample(small, size, self._storage.load(name, size)))
            except (CutOutError, OSError) as error:
                _logger.warning("the network is not trained on %s: %s", name, error)

    def _receive(self, connection: Connection, process: SpawnProcess) -> None:
        """Read reports until the process ends."""
        with suppress(EOFError, OSError):
            while True:
                report: Report = connection.recv()
                with self._lock:
                    self.version += 1
                    if isinstance(report, Progress):
                        self._progress = report
                    elif isinstance(report, Failure):
                        self._failure = report.reason
                        self.settings = replace(self.settings, training=False)
                    elif report.name in dict(self._watched.values()):
                        self._predictions[report.name] = self.version, report.probability
        with self._lock:
            if self._process is process:  # it was not closed
                self._process = None
                self._commands.put(None)
                self.settings = replace(self.settings, training=False)
                self._failure = "The network's process has ended; turn training on to restart it."
                self.version += 1


def _decode_settings(data: bytes) -> LearningSettings:
    values = json.loads(data)
    if not isinstance(values, dict):
        raise CutOutError("They are no object.")
    return LearningSettings().changed(values)


def _send(connection: Connection, commands: "SimpleQueue[Command | None]") -> None:
    """Send commands until the queue yields None; in a thread of its own, because a full pipe blocks its writer."""
    with suppress(OSError):
        while (command := commands.get()) is not None:
            connection.send(command)
    connection.close()
