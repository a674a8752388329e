"""The state that all clients of the page share."""

from dataclasses import dataclass, field
from threading import Event

from cutout_rl.segmenters import Segmenter
from cutout_rl.web.agents import Agents
from cutout_rl.web.folder_changes import OfferedChanges
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
        agents: of which one assists.
        match_factory: starts games against the agent; None if the images have no ground truth.
        trainer: trains a network on all strokes while users draw.
        changes: the newest ones that clients have made by requests, for their undo.
        closing: is set when the server begins to end.
    """

    images: ImageStore
    storage: Storage
    agents: Agents
    match_factory: MatchFactory | None
    trainer: TrainerClient
    changes: OfferedChanges = field(default_factory=OfferedChanges)
    closing: Event = field(default_factory=Event)

    @property
    def segmenter(self) -> Segmenter:
        """What cuts the images now."""
        return self.agents.current.segmenter
