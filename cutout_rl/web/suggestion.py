"""What an agent would draw: a turn planned on a copy of the drawing, which the user accepts or refuses."""

from typing import Any, Final

from cutout_rl.web.assistant import Assistant
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import Stroke
from cutout_rl.web.frame import encode_runs
from cutout_rl.web.resample import Mask

MAX_STROKES: Final = 200  # of one turn; agents stop earlier, unless their game is longer


class Suggestion:
    """The strokes that an agent would draw, planned one at a time.

    A turn that lowers the agent's own estimate of the IoU is dropped.

    Attributes:
        strokes: planned so far, in order; in the end perhaps none.
        is_planned: whether the turn is complete.
        now: the agent's estimate of the IoU of the present mask, in [0, 1]; None if it makes none.
        expected: that of the mask which the strokes would give; None before the turn is complete.
    """

    def __init__(self, assistant: Assistant, drawing: Drawing) -> None:
        """Start a turn from the present strokes of a drawing, which is cut but gets no strokes."""
        self.strokes: list[Stroke] = []
        self.is_planned = False
        self.expected: float | None = None
        self._assistant = assistant
        self._before = list(drawing.edits)
        drawing.is_draft = False  # what is compared are finished cuts
        self.now = assistant.estimate_iou(drawing)
        self._copy = drawing.with_edits(self._before)

    @property
    def drawing(self) -> Drawing:
        """The copy of the drawing, with the strokes that are planned so far."""
        return self._copy

    def plan(self) -> None:
        """Plan the next stroke, or complete the turn."""
        stroke = self._assistant.next_stroke(self._copy) if len(self.strokes) < MAX_STROKES else None
        if stroke is not None:
            self._copy.apply(stroke)
            self.strokes.append(stroke)
            return
        self.is_planned = True
        self.expected = self._assistant.estimate_iou(self._copy) if self.strokes else self.now
        if self.now is not None and self.expected is not None and self.expected < self.now:
            self.strokes, self.expected = [], self.now
            self._copy = self._copy.with_edits(self._before)

    def facts(self, mask: Mask) -> dict[str, Any]:
        """Return what the page shows of a complete turn, given its (h, w) bool mask."""
        return {
            "strokes": [{"pen": stroke.pen, "width": stroke.width, "points": stroke.points} for stroke in self.strokes],
            "mask": encode_runs(mask.view("uint8")).tolist(),
            "now": self.now,
            "expected": self.expected,
        }
