"""The process in which the network of the page learns, beside the server's, so that neither the pen nor a websocket
ever waits for it."""

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
from cutout_rl.web.online.sample import Lesson

if TYPE_CHECKING:
    from cutout_rl.web.online.trainer import Trainer

NICENESS: Final = 5
GUESS_EVERY: Final = 0.25  # s between two guesses while steps are made
TELL_EVERY: Final = 0.5  # s between two reports of progress
SAVE_EVERY: Final = 5.0  # s of learning that a killed process loses at most
_KEPT_OF_MEAN: Final = 0.95  # of the running mean of the loss and the time of a step


@dataclass(frozen=True)
class Teach:
    """Learn from a lesson in place of what was known of that image; forget it where there is none."""

    name: str
    lesson: Lesson | None


@dataclass(frozen=True)
class Change:
    """Go on with other settings."""

    settings: LearningSettings


@dataclass(frozen=True)
class Watch:
    """Guess these small (h, w, 3) uint8 images, and no others, whenever the network has changed."""

    images: dict[str, NDArray[np.uint8]]


@dataclass(frozen=True)
class BeginAnew:
    """Draw new weights."""


Order = Teach | Change | Watch | BeginAnew


@dataclass(frozen=True)
class Progress:
    """How far learning has come: steps made, the running mean of their loss, and steps per second of late."""

    steps: int
    loss: float | None
    speed: float


@dataclass(frozen=True)
class Guess:
    """What the network thinks of an image: (h, w) uint8, 255 where it is sure of the object."""

    name: str
    chance: NDArray[np.uint8]


@dataclass(frozen=True)
class Trouble:
    """One sentence on why the network cannot go on; it trains no more until it is told to."""

    sentence: str


Report = Progress | Guess | Trouble


def serve(orders: Connection, reports: Connection, settings: LearningSettings, weights: Path) -> None:
    """Run the process: learn, guess and save until no more orders can come.

    Args:
        orders: to read from.
        reports: to write to.
        settings: to begin with.
        weights: file to go on from, where there is one, and to save to.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then closes the orders
    if sys.platform != "win32":
        os.nice(NICENESS)
    import torch

    torch.set_num_threads(1)  # the other cores are for the pen, and so small a network is no faster on more
    with suppress(BrokenPipeError, ConnectionResetError):  # of a server that was killed
        _Apprentice(orders, reports, settings, weights).serve()


@dataclass
class _Apprentice:
    orders: Connection
    reports: Connection
    settings: LearningSettings
    weights: Path
    watched: dict[str, NDArray[np.uint8]] = field(default_factory=dict)
    stale: list[str] = field(default_factory=list)  # names of watched images to guess, the most urgent first
    loss: float | None = None
    seconds: float = 0.0  # that a step takes
    unsaved: bool = False
    saved_at: float = 0.0
    told_at: float = 0.0
    told: int = -1  # steps
    guessed_at: float = 0.0

    def __post_init__(self) -> None:
        self.trainer = self._new_trainer()
        self.damage: str | None = None  # of the file of weights, which is then left alone
        if self.weights.exists():
            try:
                self.trainer.load(self.weights)
            except CutOutError as error:
                self.damage = str(error)
                self._stop(self.damage)
        self._tell()

    @property
    def training(self) -> bool:
        return self.settings.training and bool(self.trainer.lessons)

    def serve(self) -> None:
        while self._obey():
            if self.training:
                self._step()
            if self.stale and self._is_due(self.guessed_at, GUESS_EVERY):
                self._guess(self.stale.pop(0))
            if self.trainer.steps != self.told and self._is_due(self.told_at, TELL_EVERY):
                self._tell()
            if self.unsaved and self._is_due(self.saved_at, SAVE_EVERY):
                self._save()
        if self.unsaved:
            self._save()

    def _is_due(self, last: float, every: float) -> bool:
        """Spare the time between steps, of which there are none to wait for while nothing is learnt."""
        return not self.training or time.monotonic() - last > every

    def _obey(self) -> bool:
        """Take all orders that have come, waiting for one where there is nothing else to do; False at the end."""
        try:
            if not self.training and not self.stale and not self.unsaved:
                self._take(self.orders.recv())
            while self.orders.poll():
                self._take(self.orders.recv())
        except EOFError:
            return False
        return True

    def _take(self, order: Order) -> None:
        if isinstance(order, Teach):
            if order.lesson is None:
                self.trainer.lessons.pop(order.name, None)
            else:
                self.trainer.lessons[order.name] = order.lesson
        elif isinstance(order, Change):
            looks_other = order.settings.dilation != self.settings.dilation
            self.settings = order.settings
            self.trainer.change(order.settings)
            if looks_other:
                self._look_again()
            if self.damage is not None and self.settings.training:
                self._stop(self.damage)
        elif isinstance(order, Watch):
            before, self.watched = self.watched, order.images
            self.stale = [name for name in self.watched if name not in before or name in self.stale]
        else:
            lessons = self.trainer.lessons
            self.trainer = self._new_trainer(seed=self.trainer.steps + 1)
            self.trainer.lessons = lessons
            self.damage, self.loss, self.seconds = None, None, 0.0
            self.weights.unlink(missing_ok=True)
            self.unsaved = False
            self._look_again()
            self._tell()

    def _step(self) -> None:
        begun = time.monotonic()
        try:
            loss = self.trainer.step()
        except CutOutError as error:
            self._stop(str(error))
            return
        taken = time.monotonic() - begun
        self.loss = loss if self.loss is None else _KEPT_OF_MEAN * self.loss + (1 - _KEPT_OF_MEAN) * loss
        self.seconds = taken if not self.seconds else _KEPT_OF_MEAN * self.seconds + (1 - _KEPT_OF_MEAN) * taken
        self.unsaved = True
        self._look_again()

    def _look_again(self) -> None:
        """Put what was guessed from older weights behind what waits already, so that each has its turn."""
        self.stale += [name for name in self.watched if name not in self.stale]

    def _guess(self, name: str) -> None:
        self.reports.send(Guess(name, self.trainer.guess(self.watched[name])))
        self.guessed_at = time.monotonic()

    def _tell(self) -> None:
        self.told_at, self.told = time.monotonic(), self.trainer.steps
        self.reports.send(Progress(self.told, self.loss, 1 / self.seconds if self.seconds else 0.0))

    def _save(self) -> None:
        self.saved_at = time.monotonic()
        self.unsaved = False
        try:
            self.trainer.save(self.weights)
        except OSError as error:
            self._stop(f"The network cannot be kept in {self.weights}: {error.strerror}; make room.")

    def _stop(self, sentence: str) -> None:
        self.settings = replace(self.settings, training=False)
        self.reports.send(Trouble(sentence))

    def _new_trainer(self, seed: int = 0) -> "Trainer":
        from cutout_rl.web.online.trainer import Trainer

        return Trainer(self.settings, seed)
