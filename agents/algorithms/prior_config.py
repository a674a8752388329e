"""The flags of algorithms that learn an object prior."""

from dataclasses import dataclass
from typing import Literal

from cutout_rl.runs.train_config import GameTrainConfig
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.ranges import Count

Prior = Literal["reward", "masks"]
Augmentation = Literal["light", "strong"]


@dataclass(frozen=True)
class PriorConfig(GameTrainConfig):
    """Train an agent that uses an object prior."""

    prior: Prior = "reward"
    """What the object prior is learnt from. reward: the masks that strokes made and their IoUs, first
    of random strokes, then of the agent's own; no ground-truth mask is read. masks: ground-truth masks of the train
    split, before the training."""
    prior_episodes: Count = 2400
    """Episodes of random strokes that the object prior is learnt from first (--prior reward); they do not count towards
    total-timesteps."""
    prior_images: Count = 3000
    """Training images and masks for the object prior (--prior masks)."""
    prior_steps: Count = 3000
    """Gradient steps for the object prior before the training, of 16 images or episodes each."""
    prior_augmentation: Augmentation = "light"
    """Augmentation of the object prior's training images. light: mirroring and colour scaling. strong: also rotation,
    scaling, shifts and colour changes, which helps with few images, or if the agent will be used on other kinds."""
    prior_from: str | None = None
    """Folder of a run with --network prior, or name of a pretrained agent, to copy the object prior from instead of
    training one."""

    def __post_init__(self) -> None:
        """Check the values, before any image is read.

        Raises:
            CutOutError: a value is invalid.
        """
        super().__post_init__()
        if self.learns_prior_from_reward and self.observation == "layers":
            raise CutOutError(
                "--prior reward learns from the masks in the observation; use --observation masked or --prior masks."
            )

    @property
    def learns_prior_from_reward(self) -> bool:
        """Whether the run learns its object prior from rewards."""
        return self.prior == "reward" and self.prior_from is None
