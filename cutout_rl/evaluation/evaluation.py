"""Playing held-out images and scoring every step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data import Split
from cutout_rl.data.reported_images import reported_images
from cutout_rl.evaluation.image_scores import ImageScores
from cutout_rl.game.config import GameConfig
from cutout_rl.game.factory import GameFactory
from cutout_rl.game.game import Game
from cutout_rl.game.observation import Observer
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.game.rules import STOP
from cutout_rl.players.player import Player
from cutout_rl.players.predictor import GamePredictor
from cutout_rl.utils.threads import map_parallel

IOU_AFTER: Final = (1, 5, 10, 20)
GAMES_AT_ONCE: Final = 32


@dataclass(frozen=True)
class Evaluation(ImageScores):
    """The scores of one player.

    Attributes:
        iou: (images, step_count + 1) float64 in [0, 1], the IoU at the start and after each step; a player that stops
            early keeps its IoU to the end.
        sees_truth: whether the player reads the ground truth.
        actions: (images, step_count) int64, 16 from the step on at which the player stopped.
        draws_strokes: whether it is a player; False for a predictor.
    """

    sees_truth: bool
    actions: NDArray[np.int64]
    draws_strokes: bool = True

    @property
    def best(self) -> float:
        """Mean over the images of the highest IoU within the episode, the start included."""
        return float(self.iou.max(axis=1).mean())

    def after(self, steps: int) -> float:
        """Return the mean IoU after so many steps, or at the end of a shorter episode."""
        return float(self._iou_after(steps).mean())

    def per_image(self) -> dict[str, NDArray[np.float64]]:
        """Return every measure as (images,) float64."""
        steps = {f"@{steps}": self._iou_after(steps) for steps in IOU_AFTER}
        return {**super().per_image(), "best": self.iou.max(axis=1), **steps}

    def figures(self) -> dict[str, Any]:
        """Return the JSON-able figures of the player's row in a table."""
        steps = {f"iou_after_{steps}": self.after(steps) for steps in IOU_AFTER}
        return {**super().figures(), "sees_truth": self.sees_truth, "best_iou": self.best, **steps}

    def _iou_after(self, steps: int) -> NDArray[np.float64]:
        return self.iou[:, min(steps, self.iou.shape[1] - 1)]


def held_out_factory(game_config: GameConfig, split: Split) -> GameFactory:
    """Create a factory of games that are scored at every step and can be stopped, whatever the training used."""
    return GameFactory(replace(game_config, split=split, reward="iou", stop_action=True))


def held_out_game(factory: GameFactory, index: int, seed: int) -> Game:
    """Start the game on an image; under one seed, every player starts from the same points."""
    return factory.new_game(np.random.default_rng((seed, index)), index)


def held_out_images(factory: GameFactory, n_images: int, first: int | None = None) -> range:
    """Return the indices of the images to evaluate on, as `reported_images` chooses them in a factory's split.

    Raises:
        CutOutError: fewer than one image, or the split has no image `first`.
    """
    config = factory.game_config
    return reported_images(config.data, config.split, len(factory.source), n_images, first)


def evaluate(
    player: Player | GamePredictor,
    factory: GameFactory,
    images: range,
    seed: int = 0,
    on_images: Callable[[int], None] = lambda images: None,
) -> Evaluation:
    """Play one episode on each of some images of the factory's split.

    The start points depend on the seed and the image only, so that all players start from the same points.

    Args:
        player: the player, or a predictor, whose mask is scored at every step.
        factory: of the games, from `held_out_factory`.
        images: their indices, at least one (`held_out_images`).
        seed: of the start points.
        on_images: called with the number of images finished since the last call.
    """
    played: list[tuple[NDArray[np.int64], NDArray[np.float64]]] = []
    names: list[str] = []
    for first in range(0, len(images), GAMES_AT_ONCE):
        games = map_parallel(partial(held_out_game, factory, seed=seed), images[first : first + GAMES_AT_ONCE])
        names += [game.sample.name for game in games]
        observer = factory.observer
        if isinstance(player, GamePredictor):
            played.append(predict(player, games, observer))
        else:
            played.append(play(player, games, observer))
        on_images(len(games))
    actions, iou = (np.concatenate(parts) for parts in zip(*played, strict=True))
    split = factory.game_config.split
    draws_strokes = not isinstance(player, GamePredictor)
    sees_truth = not isinstance(player, GamePredictor) and player.sees_truth
    return Evaluation(player.label, split, images, tuple(names), iou, sees_truth, actions, draws_strokes)


def predict(
    predictor: GamePredictor, games: Sequence[Game], observer: Observer
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Score the masks of a predictor; the result is that of `play`, of a player that stops at once."""
    rules = games[0].rules
    masks = predictor.predict_games(np.stack([observer.observe(game) for game in games]), games)
    scores = [
        intersection_over_union(mask, game.sample.mask, game.sample.void)
        for mask, game in zip(masks, games, strict=True)
    ]
    shape = (len(games), rules.step_count)
    return np.full(shape, STOP, np.int64), np.tile(np.array(scores)[:, None], rules.step_count + 1)


def play(player: Player, games: Sequence[Game], observer: Observer) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Play games to their end, side by side.

    Args:
        player: the player.
        games: N games of one length; modified in place.
        observer: draws what the player sees.

    Returns:
        The (N, step_count) int64 actions, 16 from the step on at which the player stopped, and the
        (N, step_count + 1) float64 IoU at the start and after each step; with `reward="end"` only the last is of
        a mask.
    """
    step_count = games[0].rules.step_count
    actions = np.full((len(games), step_count), STOP, np.int64)
    iou = np.empty((len(games), step_count + 1))
    iou[:, 0] = [game.iou for game in games]
    for step in range(step_count):
        playing = [i for i, game in enumerate(games) if not game.done]
        if playing:
            observations = np.stack([observer.observe(games[i]) for i in playing])
            chosen = player.act(observations, [games[i] for i in playing])
            map_parallel(Game.step, [games[i] for i in playing], chosen.tolist())
            actions[playing, step] = chosen
        iou[:, step + 1] = [game.iou for game in games]
    return actions, iou
