"""The IoU that the agent predicts for the mask of an open image, and the kept estimate, which follows it."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.assistant import Assistant
from cutout_rl.web.estimates import Estimates
from cutout_rl.web.scene import Scene


class CurrentEstimate:
    """The agent's estimate of the IoU, made again when the masks of all objects are up to date.

    Attributes:
        shown: of the current object, in [0, 1]; None if no network guides the cut, or before the first scribble.
    """

    def __init__(self, estimates: Estimates, name: str, scene: Scene, notify: Callable[[dict[str, Any]], None]) -> None:
        """Begin without an estimate.

        Args:
            estimates: the kept ones.
            name: of the image.
            scene: its objects, as they were stored.
            notify: sends a note to the client.
        """
        self.shown: float | None = None
        self._estimates, self._name, self._scene, self._notify = estimates, name, scene, notify
        self._tagged = scene.record.tagged  # the edits that the kept estimate is of
        self._was_kept = False

    @property
    def is_kept(self) -> bool:
        """Whether an estimate of the image is kept, or was when it was opened."""
        with suppress(CutOutError):
            self._was_kept |= self._estimates.of(self._name) is not None
        return self._was_kept

    def renew(self, assistant: Assistant) -> None:
        """Estimate the newest masks. If edits have changed them, an estimate that was kept is replaced.

        That of several objects is the lowest. An agent that makes no estimates removes it.
        """
        current = self._scene.drawing
        self.shown = None if current.log_odds is None else assistant.estimate_iou(current)
        tagged = self._scene.record.tagged
        if not self.is_kept or tagged == self._tagged:
            return
        drawings = [self._scene.drawing_of(info.number) for info in self._scene.objects]
        found = [assistant.estimate_iou(drawing) for drawing in drawings if drawing.edits]
        estimate = min((value for value in found if value is not None), default=None)
        with suppress(CutOutError, OSError):  # what cannot be written is written after the next edit
            self._estimates.set(self._name, estimate)
            self._tagged = tagged
            self._notify({"estimate": {"name": self._name, "value": estimate}})
