"""The jobs of the benchmark: one for each run and each baseline, with a file of scores as its result."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from threading import Event
from urllib.parse import quote

from cutout_rl.evaluation.image_scores import ImageScores
from cutout_rl.experiments.benchmark.agent_specs import (
    is_player_class,
    load_player_class,
    play_class,
    play_references,
    play_trained,
    training_flags,
)
from cutout_rl.experiments.benchmark.baselines import Measurement, measurements
from cutout_rl.experiments.benchmark.benchmark_flags import Arguments
from cutout_rl.experiments.jobs.job import Job, Say
from cutout_rl.experiments.jobs.training_process import train
from cutout_rl.experiments.scores import Score, scores_of
from cutout_rl.game.config import GameConfig


def list_jobs(arguments: Arguments) -> list[Job]:
    """List the baselines of every setting, then its runs, seed by seed, so that early results compare all agents.

    Raises:
        CutOutError: an agent is unknown, or invalid in a setting, or the images cannot be used.
    """
    images = arguments.indices()
    return [
        job
        for setting in arguments.settings
        for jobs in (_baselines(arguments, setting, images), _runs(arguments, setting, images))
        for job in jobs
    ]


def run_folder(arguments: Arguments, agent: str, setting: str, seed: int) -> Path:
    """Return the folder of a run."""
    return arguments.out / "runs" / setting / quote(agent.replace(" ", "_"), safe="") / f"seed-{seed}"


def _baselines(arguments: Arguments, setting: str, images: range) -> Iterator[Job]:
    game = arguments.game(setting)
    for label, measure in measurements(setting, game, images, images[: arguments.oracle_images]):
        scores = arguments.out / "baselines" / setting / f"{label.replace(' ', '-')}.csv"
        yield Job(f"{label}, {setting}", scores, partial(play_baseline, measure))


def _runs(arguments: Arguments, setting: str, images: range) -> Iterator[Job]:
    game = arguments.game(setting)
    for seed in arguments.seeds:
        for name, agent in arguments.names().items():
            folder = run_folder(arguments, agent, setting, seed)
            if is_player_class(agent):
                load_player_class(agent)
                work = partial(_play_class, agent, setting, game, seed, images)
            else:
                flags = training_flags(agent, game, seed)
                work = partial(_train_and_play, arguments, agent, setting, seed, images, flags, folder)
            yield Job(f"{name}, {setting}, seed {seed}", folder / "scores.csv", work)


def play_baseline(measure: Measurement, stop: Event, say: Say) -> list[Score]:
    """Compute the scores of a baseline's job."""
    say("playing")
    return measure(stop)


def _play_class(
    agent: str, setting: str, game: GameConfig, seed: int, images: range, stop: Event, say: Say
) -> list[Score]:
    say("playing")
    return _all_scores(play_class(agent, game, seed, images, stop), agent, setting, seed)


def _train_and_play(
    arguments: Arguments,
    agent: str,
    setting: str,
    seed: int,
    images: range,
    flags: list[str],
    folder: Path,
    stop: Event,
    say: Say,
) -> list[Score]:
    train(flags, arguments.total_timesteps, arguments.minutes, folder, stop, say)
    say("playing")
    plays = chain(play_trained(folder, "test", images, stop), play_references(folder, "test", images, stop))
    return _all_scores(plays, agent, setting, seed)


def _all_scores(plays: Iterable[tuple[str, ImageScores]], agent: str, setting: str, seed: int) -> list[Score]:
    return [score for play, evaluation in plays for score in scores_of(evaluation, agent, setting, seed, play)]
