"""The agent cuts all untouched images of a folder in the background, and predicts the IoU of each mask."""

import logging
import os
from contextlib import suppress
from threading import Event, Lock, Thread, get_native_id
from typing import Any, Final

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.agents import Agent
from cutout_rl.web.app_state import AppState
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.objects import ImageRecord
from cutout_rl.web.storage import access_failure
from cutout_rl.web.suggestion import Suggestion

_NICENESS: Final = 10  # of the thread, so that strokes of users are cut first
_logger = logging.getLogger(__name__)


class Finishing:
    """A thread that works through the images without strokes that are neither done nor skipped.

    The strokes are stored as the agent's own. An image on which a user begins meanwhile is left to the user.
    """

    def __init__(self, app_state: AppState) -> None:
        """Start with nothing to do."""
        self._app_state = app_state
        self._lock = Lock()
        self._thread: Thread | None = None
        self._stopping = Event()
        self._seen = self._total = 0
        self._finished: list[dict[str, Any]] = []
        self._problems: list[str] = []

    def start(self) -> None:
        """Start the current agent; without effect while it works.

        Raises:
            CutOutError: there is no untouched image.
        """
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                return
            storage = self._app_state.storage
            edited = storage.edited_images()
            names = [name for name in self._app_state.images.names() if self._is_untouched(name, edited)]
            if not names:
                raise CutOutError("Every image has strokes already, or is done or skipped.")
            self._stopping.clear()
            self._seen, self._total, self._finished, self._problems = 0, len(names), [], []
            agent = self._app_state.agents.current
            self._thread = Thread(target=self._work, args=(agent, names), name="page-finishing", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop after the stroke that is being planned; the image it belongs to stays untouched."""
        self._stopping.set()

    def close(self, patience: float) -> None:
        """Stop, and wait some seconds for the stroke that is being planned."""
        self.stop()
        if self._thread is not None:
            self._thread.join(patience)

    def state(self, since: int = 0) -> dict[str, Any]:
        """Return how far the agent is, and the images finished after the first `since` ones, with their estimates."""
        return {
            "running": self._thread is not None and self._thread.is_alive(),
            "stopped": self._stopping.is_set(),
            "done": self._seen,
            "total": self._total,
            "finished": self._finished[max(since, 0) :],
            "problems": len(self._problems),
            "problem": self._problems[0] if self._problems else "",
        }

    def _work(self, agent: Agent, names: list[str]) -> None:
        with suppress(AttributeError, OSError):  # of a single thread on Linux only
            os.setpriority(os.PRIO_PROCESS, get_native_id(), _NICENESS)
        for name in names:
            try:
                self._finish(agent, name)
            except CutOutError as error:
                self._problems.append(str(error))
            except OSError as error:
                self._problems.append(access_failure(error))
            except Exception:
                _logger.exception("%s was not finished", name)
                self._problems.append(f"{name} was not finished; see the output of the server.")
            if self._is_stopping:
                return
            self._seen += 1

    def _finish(self, agent: Agent, name: str) -> None:
        image = self._app_state.images.load(name)
        suggestion = Suggestion(agent.assistant, Drawing(image, agent.segmenter))
        while not suggestion.is_planned:
            if self._is_stopping:
                return
            suggestion.plan()
        if not suggestion.strokes:
            raise CutOutError(f"The agent has drawn nothing on {name}.")
        storage, size = self._app_state.storage, (image.shape[0], image.shape[1])
        with storage.lock:
            if not self._is_untouched(name, storage.edited_images()):
                return
            record = storage.load(name, size)  # which has the object that a new image begins with
            number = record.objects[0].number
            tagged = tuple((number, stroke) for stroke in suggestion.strokes)
            storage.save(name, size, ImageRecord(record.objects, tagged))
            if suggestion.expected is not None:
                storage.estimates.set(name, suggestion.expected)
        self._finished.append({"name": name, "estimate": suggestion.expected})

    @property
    def _is_stopping(self) -> bool:
        return self._stopping.is_set() or self._app_state.closing.is_set()

    def _is_untouched(self, name: str, edited: set[str]) -> bool:
        return self._app_state.storage.states.of(name, edited) == "untouched"
