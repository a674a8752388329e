"""The state that all clients of the page share."""

from dataclasses import dataclass

from cutout_rl.segmenters import Segmenter
from cutout_rl.web.assistant import Assistant
from cutout_rl.web.image_store import ImageStore
from cutout_rl.web.match import MatchFactory
from cutout_rl.web.online.trainer_client import TrainerClient
from cutout_rl.web.storage import Storage


@dataclass(frozen=True)
class AppState:
    """Everything that the server shares among its clients.

    Attributes:
        images: the images.
        storage: the folder of strokes and scores.
        segmenter: cuts the images.
        assistant: draws strokes on request.
        match_factory: starts games against the agent; None if the images have no ground truth.
        trainer: trains a network on all strokes while users draw.
        agent: name of the agent that assists, as users know it.
    """

    images: ImageStore
    storage: Storage
    segmenter: Segmenter
    assistant: Assistant
    match_factory: MatchFactory | None
    trainer: TrainerClient
    agent: str
