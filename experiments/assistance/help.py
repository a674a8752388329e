"""What the page offers a person, from no help to an agent that goes on after every stroke."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cutout_rl.data import Sample
from cutout_rl.experiments.assistance.person import Person, points
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.segmenters import Segmenter
from cutout_rl.web.assistant import Assistant
from cutout_rl.web.drawing import Drawing

ALL: Final = 1_000  # moves: the agent stops by itself when it has made those of its game
A_FEW: Final = 5
HOPELESS: Final = 0.8  # an IoU below which the agent's strokes are not worth correcting


@dataclass(frozen=True)
class Help:
    """When the agent draws.

    Attributes:
        moves: the most moves of the agent after so many strokes of the person.
        points: whether the person's first two strokes are points inside and outside, from which the agent starts.
        keep_from: the IoU below which the person takes the agent's strokes back.
    """

    moves: Callable[[int], int]
    points: bool = False
    keep_from: float = 0.0


HELP: Final[dict[str, Help]] = {
    "alone": Help(lambda strokes: 0),
    "agent first": Help(lambda strokes: 0 if strokes else ALL),
    "agent, or taken back": Help(lambda strokes: 0 if strokes else ALL, keep_from=HOPELESS),
    "agent from points": Help(lambda strokes: ALL if strokes == 2 else 0, points=True),
    "agent after each": Help(lambda strokes: A_FEW if strokes else 0),
}


def cut_out(
    sample: Sample, segmenter: Segmenter, assistant: Assistant, person: Person, offered: Help, target: float, most: int
) -> list[float]:
    """Let a person cut an image out on the page, until the mask is good enough.

    Args:
        sample: the image and its truth.
        segmenter: cuts.
        assistant: the agent.
        person: where the person draws.
        offered: when the agent draws.
        target: the IoU at which the person stops.
        most: strokes after which the person gives up.

    Returns:
        The IoU after 0, 1, ... strokes of the person, and what the agent drew after each.
    """
    drawing = Drawing(sample.image, segmenter)
    ious: list[float] = []
    for strokes in range(most + 1):
        _assist(drawing, assistant, offered.moves(strokes))
        mask = drawing.mask()
        iou = intersection_over_union(mask, sample.mask, sample.void)
        if iou < offered.keep_from:
            drawing.take_back(assistant.label)
            mask = drawing.mask()
            iou = intersection_over_union(mask, sample.mask, sample.void)
        ious.append(iou)
        stroke = points(sample)[strokes] if offered.points and strokes < 2 else person(mask, sample)
        if iou >= target or strokes == most or stroke is None:
            break
        drawing.do(stroke)
    return ious


def _assist(drawing: Drawing, assistant: Assistant, moves: int) -> None:
    for _ in range(moves):
        stroke = assistant.next_stroke(drawing)
        if stroke is None:
            return
        drawing.do(stroke)
