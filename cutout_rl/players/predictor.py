"""The interfaces of predictors, which predict masks without drawing strokes."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from cutout_rl.game.game import Game
from cutout_rl.players.player import Player


@runtime_checkable
class Predictor(Protocol):
    """Maps images to masks, without start points, scribbles or ground truth.

    Attributes:
        label: name in tables.
    """

    label: str

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Predict (N, size, size) bool masks, True on the object, for (N, size, size, 3) uint8 RGB images.

        An empty mask means that the image contains no object.
        """
        ...


@runtime_checkable
class GamePredictor(Protocol):
    """Predicts masks of games at their start, from what an agent observes there.

    Attributes:
        label: name in tables.
    """

    label: str

    def predict_games(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.bool_]:
        """Predict masks of games of one image size, without their ground truth.

        Args:
            observations: (N, S, S, channels) uint8, the first ones of the games.
            games: N games.

        Returns:
            (N, size, size) bool, True on the object, at the size of the games' images.
        """
        ...


@runtime_checkable
class ReferencedPlayer(Protocol):
    """A player whose tables show what its object prior gives without its play."""

    def references(self) -> Sequence[Player | GamePredictor]:
        """Return the players and predictors to list below it."""
        ...
