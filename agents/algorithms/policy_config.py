"""The flags shared by every algorithm that trains the actor-critic policy."""

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import tyro

from cutout_rl.agents.algorithms.prior_config import PriorConfig
from cutout_rl.game.config import GameConfig
from cutout_rl.game.reward import SHAPING_GAMMA
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.ranges import LearningRate, Range, Share, Weight

Network = Literal["crops", "prior", "nature"]
Critic = Literal["shared", "own"]


@dataclass(frozen=True)
class PolicyConfig(PriorConfig):
    """Train an agent to segment objects by drawing strokes."""

    network: Network = "prior"
    """prior: egocentric crops around each pen, at three scales, of the scribbles, the mask and an object prior, which a
    small network predicts from the image (--prior). crops: the same crops, of the image instead of the prior. nature:
    the stock CNN of Stable-Baselines3 on the whole observation. The critics of all three also receive the IoU and the
    share of the steps left."""
    critic: Critic = "shared"
    """Convolutional layers of the critic. shared: the actor's. own: others, which the value loss alone trains; not with
    --network nature."""
    init: str | None = None
    """Folder of a run with the same --network, or name of a pretrained agent, to take the initial weights from."""
    learning_rate: LearningRate = 1e-3
    """Initial learning rate; it decays linearly to 0."""
    gamma: Share = SHAPING_GAMMA
    """Discount factor, also of the reward shaped."""
    shaping_gamma: tyro.conf.Suppress[Share] = SHAPING_GAMMA
    vf_coef: Weight = 0.5
    """Weight of the value loss."""
    max_grad_norm: Annotated[float, Range(0, above=True)] = 0.5
    """Gradient clipping norm."""

    def __post_init__(self) -> None:
        """Check the values, before any image is read.

        Raises:
            CutOutError: a value is invalid.
        """
        super().__post_init__()
        if self.network != "nature" and self.observation not in ("layers", "masked"):
            raise CutOutError(
                f"The network '{self.network}' finds the pens by the heads marked in their layers, which the"
                f" observation '{self.observation}' lacks; add --network nature."
            )
        if self.prior_from is not None and self.resume is None:
            if self.init is not None:
                raise CutOutError("--init brings the object prior of its run; leave out --prior-from.")
            if self.network != "prior":
                raise CutOutError(f"--prior-from needs --network prior, but the network is {self.network!r}.")
        if self.network == "nature" and self.critic == "own":
            raise CutOutError("--critic own needs --network prior or crops.")
        if self.observation == "dict":
            raise CutOutError("The observation 'dict' is for learners of other libraries; use --observation masked.")
        size = self.observer().space.shape[0]
        if self.network == "nature" and size < 36:
            raise CutOutError(f"observation_size is {size}, but the network 'nature' needs at least 36.")

    @property
    def learns_prior_from_reward(self) -> bool:
        """Whether the run learns its object prior from rewards."""
        return self.network == "prior" and self.init is None and super().learns_prior_from_reward

    def game_config(self) -> GameConfig:
        """Return the settings of the game, whose reward is shaped with the training's discount factor."""
        return replace(super().game_config(), shaping_gamma=self.gamma)

    def as_json(self) -> dict[str, Any]:
        """Return the JSON-able configuration, without the run's folders and what `gamma` says already."""
        values = super().as_json()
        del values["shaping_gamma"]
        return values
