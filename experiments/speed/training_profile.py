"""The shares of a training run's wall time."""

import cProfile
import pstats
from typing import Final

from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm

from cutout_rl.agents.algorithms.on_policy_training import make_model_with_games
from cutout_rl.agents.algorithms.ppo import PPO, PPOConfig
from cutout_rl.agents.algorithms.prior_refinement import REFINEMENT_INTERVAL, PriorRefinement
from cutout_rl.experiments.speed.stopwatch import Stopwatch

CUTS: Final = "strokes and cuts, % of wall time"  # and IoUs: one call of compiled code makes a move


def training_rate(config: PPOConfig) -> float:
    """Return the steps per second of PPO on one thread, without the refinement of the object prior.

    It plays at least the configured number of steps: whole rollouts.
    """
    return _learning_rate(make_model_with_games(PPO().make_model, config, 1), config)


def profile_training(config: PPOConfig) -> dict[str, float]:
    """Profile PPO for at least its configured number of steps, whole rollouts, on one thread.

    Starting an episode includes its first cut, and choosing moves the crops and the object prior.

    Returns:
        Steps per second without the profiler, and, if the object prior is learnt from rewards, with its refinement;
        the shares of the wall time without the refinement, in percent, by part.
    """
    model = make_model_with_games(PPO().make_model, config, threads=1)
    # Before the model plays, because the refinement records the episodes.
    refinement = PriorRefinement(config, model) if config.learns_prior_from_reward else None
    rate = _learning_rate(model, config)
    rates = {"steps/s": rate}
    if refinement is not None:
        clock = Stopwatch()
        refinement.refine(0, REFINEMENT_INTERVAL, 0.0)
        clock.time("refinement", refinement.refine, 0, REFINEMENT_INTERVAL, 0.0)
        seconds = clock.mean("refinement") / 1000 / REFINEMENT_INTERVAL  # a step
        rates["steps/s with the refinement of the prior"] = 1 / (1 / rate + seconds)
    profiler = cProfile.Profile()
    profiler.enable()
    model.learn(config.total_timesteps)
    profiler.disable()
    statistics = pstats.Stats(profiler)
    total = _cumulative(statistics, "on_policy_algorithm.py", "learn")
    moves = _cumulative(statistics, "batch.py", "step")
    images = _cumulative(statistics, "procedural_source.py", "__getitem__")
    starts = _cumulative(statistics, "batch.py", "_start") - images
    environment = sum(_cumulative(statistics, "sb3_vec_env.py", name) for name in ("step_wait", "reset"))
    learning = _cumulative(statistics, "threaded_ppo.py", "train")
    return rates | {
        CUTS: 100 * moves / total,
        "drawing faces, %": 100 * images / total,
        "starting episodes, %": 100 * starts / total,
        "rest of the environment, %": 100 * (environment - moves - images - starts) / total,
        "network: learning, %": 100 * learning / total,
        "network: choosing moves, %": 100 * (total - environment - learning) / total,
    }


def _learning_rate(model: OnPolicyAlgorithm, config: PPOConfig) -> float:
    """Return the steps per second of at least the configured number, after a rollout that loads compiled code."""
    model.learn(config.n_envs * config.n_steps)
    clock = Stopwatch()
    clock.time("learning", model.learn, config.total_timesteps)
    return 1000 * model.num_timesteps / clock.mean("learning")


def _cumulative(statistics: pstats.Stats, file: str, function: str) -> float:
    # get_stats_profile() indexes functions by bare name, and several are named `learn` or `label`.
    entries: dict[tuple[str, int, str], tuple[int, int, float, float, object]] = statistics.stats  # type: ignore[attr-defined]
    times = [entry[3] for (path, _, name), entry in entries.items() if name == function and path.endswith(file)]
    return max(times, default=0.0)
