"""What the agent is doing on an open image: drawing strokes, planning a suggestion, showing one, or nothing."""

from collections.abc import Callable
from typing import Any

from cutout_rl.web.assistant import Assistant
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import Stroke
from cutout_rl.web.scene import Scene
from cutout_rl.web.suggestion import Suggestion


class AgentTurn:
    """The strokes that the agent has left to draw, or its suggestion; any edit of the user stops both."""

    def __init__(self, notify: Callable[[dict[str, Any]], None]) -> None:
        """Start with nothing to do.

        Args:
            notify: sends a note to the client.
        """
        self._notify = notify
        self._steps_left = 0
        self._suggestion: Suggestion | None = None

    @property
    def is_active(self) -> bool:
        """Whether the agent has strokes left to draw or to plan."""
        return self._steps_left > 0 or self._is_planning

    @property
    def _is_planning(self) -> bool:
        return self._suggestion is not None and not self._suggestion.is_planned

    def stop(self) -> None:
        """Draw no more, and discard the suggestion."""
        self._steps_left = 0
        self._suggestion = None

    def draw(self, steps: int) -> None:
        """Draw so many strokes."""
        self.stop()
        self._steps_left = steps

    def suggest(self, assistant: Assistant, drawing: Drawing) -> None:
        """Plan a suggestion."""
        self.stop()
        self._suggestion = Suggestion(assistant, drawing)

    def end_suggestion(self) -> list[Stroke]:
        """Discard the suggestion, and return its strokes; none if it was not complete."""
        suggestion, self._suggestion = self._suggestion, None
        return suggestion.strokes if suggestion is not None and suggestion.is_planned else []

    def step(self, assistant: Assistant, drawing: Drawing) -> Stroke | None:
        """Plan one stroke, or return the next one to draw; None if there is none."""
        stroke = None
        if self._suggestion is not None:
            self._suggestion.plan()
            is_over = self._suggestion.is_planned and not self._suggestion.strokes
        elif self._steps_left > 0:
            self._steps_left -= 1
            stroke = assistant.next_stroke(drawing)
            is_over = stroke is None
        else:
            return None
        if is_over:
            self.stop()
            self._notify({"note": assistant.nothing_left})
        return stroke

    def facts(self, scene: Scene) -> dict[str, Any]:
        """Return what the page shows of the turn on the current object of a scene."""
        shown = None
        if self._suggestion is not None and self._suggestion.is_planned:
            shown = self._suggestion.facts(scene.mask(self._suggestion.drawing))
        return {"assisting": self._steps_left > 0, "planning": self._is_planning, "suggestion": shown}
