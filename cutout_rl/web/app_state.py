"""What all clients of the page share."""

from dataclasses import dataclass

from cutout_rl.segmenters import Segmenter
from cutout_rl.web.assistant import Assistant
from cutout_rl.web.image_store import Album
from cutout_rl.web.match import Arena
from cutout_rl.web.online.trainer_client import Learner
from cutout_rl.web.storage import Keeping


@dataclass(frozen=True)
class Desk:
    """The images, the segmenter, the folder, the agent that helps, the game, and the network.

    Attributes:
        album: the images.
        keeping: where strokes and scores are kept.
        segmenter: cuts.
        assistant: draws on demand.
        arena: of the game; None where the images have no truth to score by.
        learner: learns from all strokes while people draw.
    """

    album: Album
    keeping: Keeping
    segmenter: Segmenter
    assistant: Assistant
    arena: Arena | None
    learner: Learner
