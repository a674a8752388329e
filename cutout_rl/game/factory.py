"""Creating games from one set of images and settings."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from gymnasium import spaces
from numpy.typing import ArrayLike, NDArray

from cutout_rl.game.config import GameConfig
from cutout_rl.game.dict_observation import Observation, as_dict, dict_space
from cutout_rl.game.game import Game, Point
from cutout_rl.game.game_state import GameState
from cutout_rl.game.start_points import sample_start
from cutout_rl.utils.errors import CutOutError

_NUMPY_TYPES: Final[dict[str, Callable[[Any], Any]]] = {
    "name": np.str_,
    "step": np.int64,
    "iou": np.float64,
    "best_iou": np.float64,
}


class GameFactory:
    """Creates the games of one environment; the single, the vector and the SB3 environment use it.

    Attributes:
        game_config: the settings.
        settings: what the games share.
        mask_in_info: whether `info` adds the newest mask.
        source: the images.
        observer: draws a game's observation as one array.
        observation_space: of one game, as an environment has it: the observer's, or a `Dict`.
        action_space: of one game.
    """

    def __init__(self, game_config: GameConfig, mask_in_info: bool = False) -> None:
        """Open the images and create the segmenter.

        Args:
            game_config: the settings.
            mask_in_info: whether `info` adds the newest mask.

        Raises:
            CutOutError: the images cannot be used.
        """
        self.game_config = game_config
        self.source = game_config.open_source()
        self.observer = game_config.observer()
        self._splits = game_config.observation == "dict"
        box = self.observer.space
        self.observation_space: spaces.Space[Any] = dict_space(box) if self._splits else box
        self.settings = game_config.settings()
        self.action_space = spaces.Discrete(self.settings.rules.n_actions)
        self.mask_in_info = mask_in_info

    def new_game(
        self,
        rng: np.random.Generator,
        index: int | None = None,
        start: tuple[Point, Point] | None = None,
        state: GameState | None = None,
    ) -> Game:
        """Start a game.

        Args:
            rng: draws what is not given.
            index: of the image in the source, in [0, len(source)).
            start: (row, column) start points of the inside and the outside pen.
            state: arrays of one game to use; None allocates them.

        Raises:
            IndexError: no such image.
            CutOutError: the image contains no object, or no background.
        """
        if index is None:
            index = int(rng.integers(len(self.source)))
        sample = self.source[index]
        for side, word in ((sample.mask, "object"), (~sample.mask, "background")):
            if not (side & ~sample.void).any():
                raise CutOutError(
                    f"The image {sample.name} contains no {word}, so there is nothing to cut; choose other masks or"
                    " images."
                )
        return Game(sample, start or sample_start(sample.mask, sample.void, rng), self.settings, state)

    def game_from(self, index: int, start: tuple[Point, Point]) -> Game:
        """Start a game on an image from given inside and outside points, each (row, column).

        Raises:
            IndexError: no such image.
        """
        return Game(self.source[index], start, self.settings)

    def observation(self, game: Game) -> Observation:
        """Return a game's observation as an environment returns it, in fresh arrays."""
        return self.as_returned(self.observer.observe(game), game.moves_left)

    def as_returned(self, drawn: NDArray[np.uint8], moves_left: ArrayLike) -> Observation:
        """Turn a drawn observation, or a batch of them, into what an environment returns.

        Args:
            drawn: (..., size, size, channels) uint8, of the observer.
            moves_left: (...) shares of the moves left, in [0, 1].
        """
        return as_dict(drawn, moves_left) if self._splits else drawn

    def info(self, game: Game) -> dict[str, Any]:
        """Return a game's info as an environment returns it: in NumPy's types and, on request, with the mask."""
        # TorchRL reads the dtype of every value.
        info: dict[str, Any] = {name: _NUMPY_TYPES[name](value) for name, value in game.info().items()}
        if self.mask_in_info:
            info["mask"] = game.mask
        return info
