"""How long the user works on each image."""

import logging
from time import monotonic
from typing import Final

import msgspec

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.kept_by_image import KeptByImage

IDLE: Final = 60.0  # s; longer pauses are not counted
_SAVE_EVERY: Final = 30.0  # s of work
_logger = logging.getLogger(__name__)


class WorkTimes(KeptByImage[float]):
    """The seconds of work on each image, over all sessions."""

    content = "The times of work"
    decoder = msgspec.json.Decoder(dict[str, float])

    def add(self, name: str, seconds: float) -> None:
        """Add to the seconds of an image; a file that cannot be written is logged, since no work depends on it."""
        with self._lock:
            try:
                times = self.load()
                self._save({**times, name: round(times.get(name, 0.0) + seconds, 1)})
            except (OSError, CutOutError) as error:
                _logger.warning("The time of work on %s is not kept (%s).", name, error)


class WorkClock:
    """Measures the work of one client, from message to message."""

    def __init__(self, times: WorkTimes) -> None:
        """Start without an image."""
        self._times = times
        self._name = ""
        self._seconds = 0.0
        self._last = 0.0

    def tick(self, name: str) -> None:
        """Count the time since the last message about the same image, unless the user has paused."""
        now = monotonic()
        if name != self._name:
            self.stop()
            self._name = name
        elif now - self._last < IDLE:
            self._seconds += now - self._last
        self._last = now
        if self._seconds > _SAVE_EVERY:
            self._save()

    def stop(self) -> None:
        """Save what was counted."""
        if self._seconds > 0:
            self._save()
        self._name = ""

    def _save(self) -> None:
        self._times.add(self._name, self._seconds)
        self._seconds = 0.0
