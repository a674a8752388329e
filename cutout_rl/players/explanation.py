"""What a player may report beside its actions; the HTML report of an agent draws what the player offers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from cutout_rl.game.game import Game


@dataclass(frozen=True)
class ActionEstimates:
    """Action probabilities and values of N games.

    Attributes:
        probabilities: (N, 16 or 17) float32, of each action; rows sum to 1.
        values: (N,) float32, the expected return, discounted as in training.
    """

    probabilities: NDArray[np.float32]
    values: NDArray[np.float32]


@runtime_checkable
class EstimatingPlayer(Protocol):
    """A player that reports action probabilities and values."""

    def estimate_actions(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> ActionEstimates:
        """Return the estimates for the arguments of `Player.act`."""
        ...


@dataclass(frozen=True)
class Moment:
    """One step of an episode.

    Attributes:
        observation: (size, size, channels) uint8, before the action.
        game: before the action.
        action: the action.
    """

    observation: NDArray[np.uint8]
    game: Game
    action: int


@dataclass(frozen=True)
class Picture:
    """A picture file with its title and caption.

    Attributes:
        path: of the SVG, PNG or GIF file.
        title: a few words.
        caption: sentences that say what is drawn and how to read it.
    """

    path: Path
    title: str
    caption: str


@runtime_checkable
class Illustrator(Protocol):
    """A player that can draw explanations of its actions."""

    def illustrate(self, moments: Sequence[Moment], folder: Path) -> Sequence[Picture]:
        """Draw pictures that explain some of its actions into a folder."""
        ...
