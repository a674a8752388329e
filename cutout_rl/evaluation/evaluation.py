"""Playing held-out images and counting."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data import Split
from cutout_rl.game.config import GameConfig
from cutout_rl.game.factory import GameFactory
from cutout_rl.game.game import Game
from cutout_rl.game.observation import Observer
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.game.rules import STOP
from cutout_rl.players.player import Player
from cutout_rl.players.predictor import Predictor
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.threads import map_games

IOU_AFTER: Final = (1, 5, 10, 20)
GAMES_AT_ONCE: Final = 32


@dataclass(frozen=True)
class Evaluation:
    """How one player did, or one predictor, which makes no move.

    Attributes:
        label: the player's.
        sees_truth: whether the player looked at the ground truth.
        names: of the images.
        iou: (images, step_count + 1) float64 in [0, 1], the IoU at the start and after each move; a player that
            leaves keeps its IoU to the end. (images, 1) of a predictor.
        actions: (images, step_count) int64, 16 from where the player left; (images, 0) of a predictor.
        presence: (images, 2) bool of a predictor, whether the truth and whether its mask holds an object; None of a
            player, whose images all do.
    """

    label: str
    sees_truth: bool
    names: tuple[str, ...]
    iou: NDArray[np.float64]
    actions: NDArray[np.int64]
    presence: NDArray[np.bool_] | None = None

    @property
    def moves(self) -> bool:
        """Say whether moves were made: else there is no IoU but the final one."""
        return self.presence is None

    @property
    def shows_empty_scenes(self) -> bool:
        """Say whether there are images without an object among these."""
        return self.presence is not None and not bool(self.presence[:, 0].all())

    @property
    def final(self) -> float:
        """Mean IoU after the last move."""
        return float(self.iou[:, -1].mean())

    @property
    def best(self) -> float:
        """Mean over the images of the highest IoU at any time, the start included."""
        return float(self.iou.max(axis=1).mean())

    def after(self, moves: int) -> float:
        """Mean IoU after so many moves, or after the last one where there are fewer."""
        return float(self.iou[:, min(moves, self.iou.shape[1] - 1)].mean())

    def standard_error(self) -> float | None:
        """Standard error over the images of the mean final IoU; None for a single image."""
        return float(self.iou[:, -1].std(ddof=1) / np.sqrt(len(self.iou))) if len(self.iou) > 1 else None


def held_out_factory(game_config: GameConfig, split: Split) -> GameFactory:
    """Deal games that are scored at every step and may be left, whatever the agent was trained with."""
    return GameFactory(replace(game_config, split=split, reward="iou", stop_action=True))


def held_out_game(factory: GameFactory, index: int, seed: int) -> Game:
    """Start the game on an image that every player gets under this seed."""
    return factory.new_game(np.random.default_rng((seed, index)), index)


def evaluate(
    player: Player | Predictor,
    factory: GameFactory,
    n_images: int,
    seed: int = 0,
    on_game: Callable[[int], None] = lambda games: None,
) -> Evaluation:
    """Play the first images of the factory's split once each.

    The start points depend on the seed and the image only, so that all players start alike. A predictor is shown the
    same images, and gets no start points.

    Args:
        player: who plays, or predicts.
        factory: of the games, from `held_out_factory`.
        n_images: how many; fewer where the split has fewer.
        seed: of the start points.
        on_game: told how many games have ended since the last call.

    Raises:
        CutOutError: fewer than one image.
    """
    if n_images < 1:
        raise CutOutError(f"{n_images} images to play are asked for, but at least 1 is needed.")
    n_images = min(n_images, len(factory.source))
    if isinstance(player, Predictor):
        return _score_masks(player, factory, n_images, on_game)
    played: list[tuple[NDArray[np.int64], NDArray[np.float64]]] = []
    names: list[str] = []
    for first in range(0, n_images, GAMES_AT_ONCE):
        indices = range(first, min(first + GAMES_AT_ONCE, n_images))
        games = map_games(partial(held_out_game, factory, seed=seed), indices)
        names += [game.sample.name for game in games]
        played.append(play(player, games, factory.observer))
        on_game(len(games))
    actions, iou = (np.concatenate(parts) for parts in zip(*played, strict=True))
    return Evaluation(player.label, player.sees_truth, tuple(names), iou, actions)


def _score_masks(
    predictor: Predictor, factory: GameFactory, n_images: int, on_game: Callable[[int], None]
) -> Evaluation:
    names: list[str] = []
    iou, presence = np.empty((n_images, 1)), np.empty((n_images, 2), np.bool_)
    for first in range(0, n_images, GAMES_AT_ONCE):
        indices = range(first, min(first + GAMES_AT_ONCE, n_images))
        samples = map_games(factory.source.__getitem__, indices)
        masks = predictor.predict(np.stack([sample.image for sample in samples]))
        for index, sample, mask in zip(indices, samples, masks, strict=True):
            iou[index] = intersection_over_union(mask, sample.mask, sample.void)
            presence[index] = sample.mask.any(), mask.any()
        names += [sample.name for sample in samples]
        on_game(len(samples))
    return Evaluation(predictor.label, False, tuple(names), iou, np.empty((n_images, 0), np.int64), presence)


def play(player: Player, games: Sequence[Game], observer: Observer) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Play games to their end, side by side.

    Args:
        player: who plays.
        games: N of one length that are scored at every step; they are changed.
        observer: draws what the player sees.

    Returns:
        The (N, step_count) int64 actions, 16 from where the player left, and the (N, step_count + 1) float64 IoU at the
        start and after each move.
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
            map_games(Game.step, [games[i] for i in playing], chosen.tolist())
            actions[playing, step] = chosen
        iou[:, step + 1] = [game.iou for game in games]
    return actions, iou
