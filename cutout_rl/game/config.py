"""The settings of the game."""

from dataclasses import dataclass
from typing import Final

from cutout_rl.data.image_config import ImageConfig
from cutout_rl.game.game_settings import GameSettings
from cutout_rl.game.observation import OBSERVATION_KINDS, ObservationKind, Observer
from cutout_rl.game.reward import REWARD_KINDS, SHAPING_GAMMA, RewardKind
from cutout_rl.game.rules import Rules
from cutout_rl.segmenters import find_segmenter, make_segmenter
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.field_types import require_types
from cutout_rl.utils.ranges import Share, require_ranges

OBSERVATION_SIZE: Final = 64  # px, unless the image is smaller


@dataclass(frozen=True)
class GameConfig(ImageConfig):
    """The settings of the game: the keyword arguments of `cutout_rl/CutOut-v0` and the flags of the commands that play.

    All values are JSON-able.

    Raises:
        CutOutError: a value does not fit.
    """

    observation_size: int | None = None
    """Side of the observation in pixels. Default: 64, or image_size where that is smaller."""
    observation: ObservationKind = "masked"
    """layers: the image and two scribble layers with the pens' heads marked. masked: the same and the newest mask.
    dict: masked in parts, and the share of the moves left, for learners of other libraries. trails: layers without
    start points and heads. overlay: the image with the scribbles drawn on it."""
    step_len: int = 18
    """Pixels a pen moves per step."""
    step_count: int = 30
    """Steps in an episode."""
    pen_width: int = 3
    """Width of a stroke in pixels."""
    reward: RewardKind = "delta"
    """delta: change of the IoU. shaped: also shaping-gamma times the new potential minus the old one, which is half the
    share of the outline traced, and 0 at the end. iou: IoU after each step. end: IoU after the last step, 0 before."""
    shaping_gamma: Share = SHAPING_GAMMA
    """Discount factor of the learner, which keeps the best policy of the reward shaped the best."""
    stop_action: bool = False
    """Add a 17th action, which ends the episode."""
    segmenter: str = "graphcut"
    """Segmenter that turns strokes into a mask: graphcut, graphcut-scaled, textbook, grabcut, random-walker, watershed,
    or one that another installed package registers."""

    def __post_init__(self) -> None:
        """Check the values before any image is read."""
        require_types(self, GameConfig)
        require_ranges(self)
        require_choice("reward", self.reward, REWARD_KINDS)
        require_choice("observation", self.observation, OBSERVATION_KINDS)
        find_segmenter(self.segmenter)
        self.rules()
        self.observer()

    def rules(self) -> Rules:
        """Return the rules of the game."""
        return Rules(self.image_size, self.step_len, self.step_count, self.pen_width, self.stop_action)

    def observer(self) -> Observer:
        """Create the object that draws observations."""
        size = min(OBSERVATION_SIZE, self.image_size) if self.observation_size is None else self.observation_size
        return Observer(self.observation, size, self.image_size, self.pen_width)

    def settings(self) -> GameSettings:
        """Return what the games share."""
        return GameSettings(self.rules(), make_segmenter(self.segmenter), self.reward, self.shaping_gamma)
