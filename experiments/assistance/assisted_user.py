"""A simulated user who segments an image on the page, with several kinds of help from an agent."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cutout_rl.data import Sample
from cutout_rl.experiments.simulated_users.corrections import CorrectingUser, start_dots
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.players.player import Player
from cutout_rl.players.scribble_reader import ScribbleReader
from cutout_rl.segmenters import Segmenter, make_segmenter
from cutout_rl.segmenters.prior_cut import PriorCutSegmenter
from cutout_rl.web.assistant import Assistant
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import Stroke

ALL: Final = 1_000  # steps; the agent stops by itself at the end of its episode
A_FEW: Final = 5
PAGE_SEGMENTER: Final = "graphcut-scaled"
TAKE_BACK_BELOW: Final = 0.8  # IoU below which correcting the agent's strokes costs more than it saves


@dataclass(frozen=True)
class Help:
    """When the agent draws.

    Attributes:
        max_steps: the agent's maximum number of steps after so many strokes of the user.
        from_dots: whether the user's first two strokes are dots inside and outside, at which the agent starts.
        keep_from: IoU below which the user takes the agent's strokes back.
        prior: whether what the agent takes for the object guides the cut.
    """

    max_steps: Callable[[int], int]
    from_dots: bool = False
    keep_from: float = 0.0
    prior: bool = False


HELP: Final[dict[str, Help]] = {
    "alone": Help(lambda strokes: 0),
    "agent first": Help(lambda strokes: 0 if strokes else ALL),
    "agent, or taken back": Help(lambda strokes: 0 if strokes else ALL, keep_from=TAKE_BACK_BELOW),
    "agent from points": Help(lambda strokes: ALL if strokes == 2 else 0, from_dots=True),
    "agent after each": Help(lambda strokes: A_FEW if strokes else 0),
    "agent's prior": Help(lambda strokes: 0, prior=True),
}


def segment_with_help(
    sample: Sample,
    assistant: Assistant,
    user: CorrectingUser,
    offered: Help,
    target: float,
    max_strokes: int,
) -> list[float]:
    """Simulate a user who draws until the mask is good enough.

    Args:
        sample: the image and its ground truth.
        assistant: the agent.
        user: chooses the user's strokes.
        offered: when the agent draws.
        target: the IoU at which the user stops.
        max_strokes: number of strokes after which the user gives up.

    Returns:
        The IoU after 0, 1, ... strokes of the user, and the agent's strokes after each.
    """
    drawing = Drawing(sample.image, _segmenter(assistant, offered))
    ious: list[float] = []
    for strokes in range(max_strokes + 1):
        _assist(drawing, assistant, offered.max_steps(strokes))
        mask = drawing.mask()
        iou = intersection_over_union(mask, sample.mask, sample.void)
        if iou < offered.keep_from:
            label = assistant.label
            drawing.replace(edit for edit in drawing.edits if not (isinstance(edit, Stroke) and edit.by == label))
            mask = drawing.mask()
            iou = intersection_over_union(mask, sample.mask, sample.void)
        ious.append(iou)
        stroke = start_dots(sample)[strokes] if offered.from_dots and strokes < 2 else user(mask, sample)
        if iou >= target or strokes == max_strokes or stroke is None:
            break
        drawing.apply(stroke)
    return ious


def offered_by(player: Player) -> dict[str, Help]:
    """Return the kinds of help that a player can give."""
    reads = isinstance(player, ScribbleReader)
    return {name: offered for name, offered in HELP.items() if reads or not offered.prior}


def _segmenter(assistant: Assistant, offered: Help) -> Segmenter:
    if offered.prior:
        assert isinstance(assistant.player, ScribbleReader)
        return PriorCutSegmenter(assistant.player.estimate_object)
    return make_segmenter(PAGE_SEGMENTER)


def _assist(drawing: Drawing, assistant: Assistant, max_steps: int) -> None:
    for _ in range(max_steps):
        stroke = assistant.next_stroke(drawing)
        if stroke is None:
            return
        drawing.apply(stroke)
