"""The time of a step by image size."""

from dataclasses import asdict

from cutout_rl.env import CutOutEnv
from cutout_rl.experiments.speed.environment_speed import warm_up
from cutout_rl.experiments.speed.stopwatch import Stopwatch
from cutout_rl.experiments.speed.timed_game import timed_game


def time_image_sizes(
    sizes: tuple[int, ...] = (32, 64, 128, 256, 512), episodes: int = 4
) -> dict[str, dict[str, float]]:
    """Time random episodes at several sizes; step length and pen width in pixels are the same for all.

    Returns:
        The mean cost of a step, by size.
    """
    figures = {}
    for size in sizes:
        env = CutOutEnv(**asdict(timed_game(size)))
        warm_up(env)
        clock = Stopwatch()
        for episode in range(episodes):
            env.reset(seed=episode)
            for _ in range(env.game_config.step_count):
                clock.time("step", env.step, env.action_space.sample())
        cost = clock.mean("step")
        figures[f"{size} px"] = {"ms a step": cost, "steps/s": 1000 / cost, "ns a pixel": 1e6 * cost / size**2}
    return figures
