"""What a player may tell beside its moves; the picture book draws what there is, and leaves out what is not."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from cutout_rl.game.game import Game


@dataclass(frozen=True)
class ActionEstimates:
    """What a player thinks of N games.

    Attributes:
        probabilities: (N, 16 or 17) float32, with which it makes each move; rows sum to 1.
        values: (N,) float32, the return that it expects from here, discounted as in its training.
    """

    probabilities: NDArray[np.float32]
    values: NDArray[np.float32]


@runtime_checkable
class EstimatingPlayer(Protocol):
    """A player that tells how likely it makes each move, and what it expects."""

    def estimate_actions(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> ActionEstimates:
        """Tell it for what `Player.act` is shown."""
        ...


@dataclass(frozen=True)
class Moment:
    """A move in an episode.

    Attributes:
        observation: (size, size, channels) uint8, what the player saw.
        game: before the move.
        action: the move.
    """

    observation: NDArray[np.uint8]
    game: Game
    action: int


@dataclass(frozen=True)
class Picture:
    """A picture file, and what a reader has to know of it.

    Attributes:
        path: of the PNG or GIF file.
        title: a few words.
        caption: whole sentences: what is drawn, how to read it.
    """

    path: Path
    title: str
    caption: str


@runtime_checkable
class Illustrator(Protocol):
    """A player that can draw how it came to a move, in a way of its own kind."""

    def illustrate(self, moments: Sequence[Moment], folder: Path) -> Sequence[Picture]:
        """Draw pictures about some of its moves into a folder."""
        ...
