"""Episodes of random strokes, from which an object prior is learnt first."""

import numpy as np
from numpy.typing import NDArray

from cutout_rl.agents.training.episode_buffer import EpisodeBuffer
from cutout_rl.agents.training.episode_recorder import EpisodeRecorder
from cutout_rl.agents.training.sb3_vec_env import CutOutVecEnv
from cutout_rl.agents.training.seeds import Stream, game_seeds, generator
from cutout_rl.game.rules import N_MOVES
from cutout_rl.utils.progress import track


def record_random_episodes(games: CutOutVecEnv, episodes: EpisodeBuffer, count: int, seed: int) -> None:
    """Play with moves drawn uniformly from those that mark a pixel.

    Args:
        games: whose observation is "masked"; they must be seeded and reset afterwards.
        episodes: where to store the episodes.
        count: number of episodes, rounded up to a multiple of the games.
        seed: of the training.
    """
    n = games.num_envs
    games.seed_each(game_seeds(seed, n, first=n))  # others than those of the training
    step_count = games.game_config.step_count
    recorder = EpisodeRecorder(n, step_count, episodes)
    rng = generator(seed, Stream.EXPLORATION)
    observations = games.reset()
    assert isinstance(observations, np.ndarray)
    recorder.begin(observations, games.reset_infos)
    for _ in track(range(-(-count // n) * step_count), "playing random strokes"):
        observations, _, dones, infos = games.step(draw_moves(games, rng))
        assert isinstance(observations, np.ndarray)
        recorder.record(observations, dones, infos, games.reset_infos)


def draw_moves(games: CutOutVecEnv, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw a move for each game, (N,) int64, uniformly from those that mark a pixel."""
    masks = games.action_masks()[:, :N_MOVES]
    moves: NDArray[np.int64] = (rng.random(masks.shape) * masks).argmax(axis=1)
    return moves
