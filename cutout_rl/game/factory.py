"""Creating games from one set of images and settings."""

import numpy as np
from gymnasium import spaces

from cutout_rl.data.source import Sample
from cutout_rl.game.config import GameConfig
from cutout_rl.game.game import Game, Point
from cutout_rl.game.start_points import sample_start
from cutout_rl.utils.errors import CutOutError


class GameFactory:
    """Creates the games of one environment; the single, the vector and the SB3 environment use it.

    Attributes:
        game_config: the settings.
        source: the images.
        observer: draws a game's observation; holds the observation space.
        action_space: of one game.
    """

    def __init__(self, game_config: GameConfig) -> None:
        """Open the images and create the segmenter.

        Raises:
            CutOutError: the images cannot be used.
        """
        self.game_config = game_config
        self.source = game_config.open_source()
        self.observer = game_config.observer()
        self._rules = game_config.rules()
        self.action_space = spaces.Discrete(self._rules.n_actions)
        self._segmenter = game_config.make_segmenter()

    def new_game(self, rng: np.random.Generator, index: int | None = None) -> Game:
        """Start a game.

        Args:
            rng: draws the start points, and the image unless `index` is given.
            index: of the image in the source, in [0, len(source)).

        Raises:
            IndexError: no such image.
            CutOutError: the image contains no object.
        """
        if index is None:
            index = int(rng.integers(len(self.source)))
        sample = self.source[index]
        if not sample.mask.any():
            raise CutOutError(
                f"The image {sample.name} contains no object, so there is nothing to cut; choose other masks or images."
            )
        return self._begin(sample, sample_start(sample.mask, sample.void, rng))

    def game_from(self, index: int, start: tuple[Point, Point]) -> Game:
        """Start a game on an image from given inside and outside points, each (row, column).

        Raises:
            IndexError: no such image.
        """
        return self._begin(self.source[index], start)

    def _begin(self, sample: Sample, start: tuple[Point, Point]) -> Game:
        return Game(sample, start, self._rules, self._segmenter, self.game_config.reward)
