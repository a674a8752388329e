"""The flags shared by every algorithm that trains the actor-critic policy."""

from dataclasses import dataclass
from typing import Literal

from cutout_rl.runs.train_config import GameTrainConfig
from cutout_rl.utils.errors import CutOutError

Network = Literal["crops", "prior", "nature"]
Augmentation = Literal["light", "strong"]


@dataclass(frozen=True)
class PolicyConfig(GameTrainConfig):
    """Train an agent to segment objects by drawing strokes."""

    network: Network = "prior"
    """prior: egocentric crops around each pen, at three scales, of the scribbles, the mask and an object prior, which a
    small network learns first from the masks of the train split. crops: the same crops, of the image instead of the
    prior. nature: the stock CNN of Stable-Baselines3 on the whole observation."""
    prior_images: int = 3000
    """Training images for the object prior (--network prior)."""
    prior_steps: int = 1500
    """Gradient steps, of 16 images each, for the object prior (--network prior)."""
    prior_augmentation: Augmentation = "light"
    """Augmentation of the object prior's training images. light: mirroring and colour scaling. strong: also rotation,
    scaling, shifts and colour changes, which helps with few images, or if the agent will be used on other kinds."""
    prior_from: str | None = None
    """Folder of a run with --network prior, or name of a pretrained agent, to copy the object prior from instead of
    training one."""
    init: str | None = None
    """Folder of a run with the same --network, or name of a pretrained agent, to take the initial weights from."""
    learning_rate: float = 1e-3
    """Initial learning rate; it decays linearly to 0."""
    gamma: float = 0.97
    """Discount factor."""
    vf_coef: float = 0.5
    """Weight of the value loss."""
    max_grad_norm: float = 0.5
    """Gradient clipping norm."""

    def __post_init__(self) -> None:
        """Check the values, before any image is read.

        Raises:
            CutOutError: a value is invalid.
        """
        super().__post_init__()
        self.check_training()
        self.require_at_least(dict.fromkeys(("n_envs", "prior_images", "prior_steps"), 1))
        if self.network != "nature" and self.observation not in ("layers", "masked"):
            raise CutOutError(
                f"The network '{self.network}' finds the pens by the heads marked in their layers, which the"
                f" observation '{self.observation}' lacks; add --network nature."
            )
        size = self.observer().space.shape[0]
        if self.network == "nature" and size < 36:
            raise CutOutError(f"observation_size is {size}, but the network 'nature' needs at least 36.")
        if not self.learning_rate > 0:
            raise CutOutError(f"learning_rate is {self.learning_rate}, but must be above 0.")
