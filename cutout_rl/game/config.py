"""The settings of an environment: its keyword arguments, in one place."""

from dataclasses import dataclass

from cutout_rl.data import DataSource, Split, open_source
from cutout_rl.data.augmented import AugmentedSource
from cutout_rl.game.observation import OBSERVATION_KINDS, ObservationKind, Observer
from cutout_rl.game.reward import REWARD_KINDS, RewardKind
from cutout_rl.game.rules import Rules
from cutout_rl.segmenters import Segmenter, find_segmenter, make_segmenter
from cutout_rl.utils.choices import require_choice


@dataclass(frozen=True)
class GameConfig:
    """The keyword arguments of `cutout_rl/CutOut-v0`, all of them JSON-able; `CutOutEnv` describes each.

    Raises:
        CutOutError: a value does not fit.
    """

    data: str = "faces"
    masks: str | None = None
    split: Split = "train"
    skip_bad: bool = False
    augment: int = 1
    image_size: int = 128
    observation_size: int | None = None
    observation: ObservationKind = "layers"
    step_len: int = 8
    step_count: int = 60
    pen_width: int = 3
    reward: RewardKind = "iou"
    stop_action: bool = False
    segmenter: str = "graphcut"

    def __post_init__(self) -> None:
        """Refuse what does not fit before any image is read."""
        require_choice("reward", self.reward, REWARD_KINDS)
        require_choice("observation", self.observation, OBSERVATION_KINDS)
        find_segmenter(self.segmenter)
        self.rules()
        self.observer()

    def rules(self) -> Rules:
        """Give the rules of the game."""
        return Rules(self.image_size, self.step_len, self.step_count, self.pen_width, self.stop_action)

    def observer(self) -> Observer:
        """Make what draws the observations."""
        size = self.image_size if self.observation_size is None else self.observation_size
        return Observer(self.observation, size, self.image_size, self.pen_width)

    def open_source(self) -> DataSource:
        """Open the images, those of the train split in as many versions as `augment` says."""
        source = open_source(self.data, self.split, self.image_size, self.masks, self.skip_bad)
        return AugmentedSource(source, self.augment) if self.split == "train" and self.augment != 1 else source

    def make_segmenter(self) -> Segmenter:
        """Make the segmenter."""
        return make_segmenter(self.segmenter)
