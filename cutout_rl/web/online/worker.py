"""The process that trains the network, separate from the server so that drawing never waits for it."""

import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.online.config import LearningSettings
from cutout_rl.web.online.sample import TrainingSample

if TYPE_CHECKING:
    from cutout_rl.web.online.trainer import Trainer

NICENESS: Final = 5
PREDICT_EVERY: Final = 0.25  # s between two predictions during training
REPORT_EVERY: Final = 0.5  # s between two progress reports
SAVE_EVERY: Final = 5.0  # s of training that a killed process loses at most
_MEAN_DECAY: Final = 0.95  # of the running means of the loss and of the duration of a step


@dataclass(frozen=True)
class SetSample:
    """Replace the training sample of an image; None removes it."""

    name: str
    sample: TrainingSample | None


@dataclass(frozen=True)
class SetSettings:
    """Continue with other settings."""

    settings: LearningSettings


@dataclass(frozen=True)
class SetWatched:
    """Predict these small (h, w, 3) uint8 images, and no others, whenever the network has changed."""

    images: dict[str, NDArray[np.uint8]]


@dataclass(frozen=True)
class Reset:
    """Initialise new weights."""


Command = SetSample | SetSettings | SetWatched | Reset


@dataclass(frozen=True)
class Progress:
    """The number of steps, the running mean of the loss, and the current steps per second."""

    steps: int
    loss: float | None
    speed: float


@dataclass(frozen=True)
class Prediction:
    """The prediction of an image: (h, w) uint8, 255 stands for a probability of 1 of the object."""

    name: str
    probability: NDArray[np.uint8]


@dataclass(frozen=True)
class Failure:
    """The reason why training has stopped, one sentence; it stays off until the user turns it on."""

    reason: str


Report = Progress | Prediction | Failure


def run_worker(commands: Connection, reports: Connection, settings: LearningSettings, weights: Path) -> None:
    """Run the process until the connection of commands is closed.

    Args:
        commands: to read from.
        reports: to write to.
        settings: at the start.
        weights: file to load, if it exists, and to save to.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then closes the connection
    if sys.platform != "win32":
        os.nice(NICENESS)
    import torch

    torch.set_num_threads(1)  # leaves the other cores to the cut; the network is too small to profit from more
    with suppress(BrokenPipeError, ConnectionResetError):  # the server was killed
        _Worker(commands, reports, settings, weights).run()


@dataclass
class _Worker:
    commands: Connection
    reports: Connection
    settings: LearningSettings
    weights: Path
    watched: dict[str, NDArray[np.uint8]] = field(default_factory=dict)
    stale: list[str] = field(default_factory=list)  # names of watched images with an outdated prediction, oldest first
    loss: float | None = None
    seconds: float = 0.0  # per step
    unsaved: bool = False
    saved_at: float = 0.0
    reported_at: float = 0.0
    reported: int = -1  # steps
    predicted_at: float = 0.0

    def __post_init__(self) -> None:
        self.trainer = self._new_trainer()
        self.damage: str | None = None  # of the file of weights, which is then not overwritten
        if self.weights.exists():
            try:
                self.trainer.load(self.weights)
            except CutOutError as error:
                self.damage = str(error)
                self._fail(self.damage)
        self._report()

    @property
    def training(self) -> bool:
        return self.settings.training and bool(self.trainer.samples)

    def run(self) -> None:
        while self._receive():
            if self.training:
                self._step()
            if self.stale and self._is_due(self.predicted_at, PREDICT_EVERY):
                self._predict(self.stale.pop(0))
            if self.trainer.steps != self.reported and self._is_due(self.reported_at, REPORT_EVERY):
                self._report()
            if self.unsaved and self._is_due(self.saved_at, SAVE_EVERY):
                self._save()
        if self.unsaved:
            self._save()

    def _is_due(self, last: float, interval: float) -> bool:
        """Return whether a task is due; without training there are no steps to delay, so it always is."""
        return not self.training or time.monotonic() - last > interval

    def _receive(self) -> bool:
        """Carry out all waiting commands; wait for one if there is no other work. Return False at the end."""
        try:
            if not self.training and not self.stale and not self.unsaved:
                self._carry_out(self.commands.recv())
            while self.commands.poll():
                self._carry_out(self.commands.recv())
        except EOFError:
            return False
        return True

    def _carry_out(self, command: Command) -> None:
        match command:
            case SetSample(name, None):
                self.trainer.samples.pop(name, None)
            case SetSample(name, TrainingSample() as sample):
                self.trainer.samples[name] = sample
            case SetSettings(settings):
                self._set_settings(settings)
            case SetWatched(images):
                before, self.watched = self.watched, images
                self.stale = [name for name in images if name not in before or name in self.stale]
            case Reset():
                self._reset()

    def _set_settings(self, settings: LearningSettings) -> None:
        if settings.dilation != self.settings.dilation:
            self._mark_stale()
        self.settings = settings
        self.trainer.set_settings(settings)
        if self.damage is not None and settings.training:
            self._fail(self.damage)

    def _reset(self) -> None:
        samples = self.trainer.samples
        self.trainer = self._new_trainer(seed=self.trainer.steps + 1)
        self.trainer.samples = samples
        self.damage, self.loss, self.seconds = None, None, 0.0
        self.weights.unlink(missing_ok=True)
        self.unsaved = False
        self._mark_stale()
        self._report()

    def _step(self) -> None:
        begin = time.monotonic()
        try:
            loss = self.trainer.step()
        except CutOutError as error:
            self._fail(str(error))
            return
        seconds = time.monotonic() - begin
        self.loss = loss if self.loss is None else _MEAN_DECAY * self.loss + (1 - _MEAN_DECAY) * loss
        self.seconds = seconds if not self.seconds else _MEAN_DECAY * self.seconds + (1 - _MEAN_DECAY) * seconds
        self.unsaved = True
        self._mark_stale()

    def _mark_stale(self) -> None:
        """Append the other watched images to the queue, so that each gets its turn."""
        self.stale += [name for name in self.watched if name not in self.stale]

    def _predict(self, name: str) -> None:
        self.reports.send(Prediction(name, self.trainer.predict(self.watched[name])))
        self.predicted_at = time.monotonic()

    def _report(self) -> None:
        self.reported_at, self.reported = time.monotonic(), self.trainer.steps
        self.reports.send(Progress(self.reported, self.loss, 1 / self.seconds if self.seconds else 0.0))

    def _save(self) -> None:
        self.saved_at = time.monotonic()
        self.unsaved = False
        try:
            self.trainer.save(self.weights)
        except OSError as error:
            self._fail(f"The network cannot be saved to {self.weights}: {error.strerror}; free some disk space.")

    def _fail(self, reason: str) -> None:
        self.settings = replace(self.settings, training=False)
        self.reports.send(Failure(reason))

    def _new_trainer(self, seed: int = 0) -> "Trainer":
        from cutout_rl.web.online.trainer import Trainer

        return Trainer(self.settings, seed)
