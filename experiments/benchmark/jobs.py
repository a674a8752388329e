"""What there is to do: a job per run and per baseline, each of which leaves a file of scores behind."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from urllib.parse import quote

from cutout_rl.evaluation.evaluation import Evaluation
from cutout_rl.experiments.benchmark.arguments import Arguments
from cutout_rl.experiments.benchmark.baselines import Measurement, measurements
from cutout_rl.experiments.benchmark.entrants import (
    is_player_class,
    load_player_class,
    play_ready,
    play_trained,
    training_flags,
)
from cutout_rl.experiments.benchmark.scores import Play, Score, scores_of
from cutout_rl.experiments.benchmark.training import train
from cutout_rl.game.config import GameConfig

Say = Callable[[str], None]


@dataclass(frozen=True)
class Job:
    """Something to do once.

    Attributes:
        name: what the progress view and a fault call it.
        scores: the file it leaves; where there is one, the job is done.
        work: does it and gives the scores, when it is told to stop raises KeyboardInterrupt, and says how far it is.
    """

    name: str
    scores: Path
    work: Callable[[Event, Say], list[Score]]


def list_jobs(arguments: Arguments) -> list[Job]:
    """List the baselines of every setting, then its runs, seed by seed, so that early results compare all agents.

    Raises:
        CutOutError: an agent cannot be found, or does not fit a setting.
    """
    return [
        job
        for setting in arguments.settings
        for jobs in (_baselines(arguments, setting), _runs(arguments, setting))
        for job in jobs
    ]


def run_folder(arguments: Arguments, agent: str, setting: str, seed: int) -> Path:
    """Name the folder of a run."""
    return arguments.out / "runs" / setting / quote(agent.replace(" ", "_"), safe="") / f"seed-{seed}"


def _baselines(arguments: Arguments, setting: str) -> Iterator[Job]:
    game = arguments.game(setting)
    for label, measure in measurements(setting, game, arguments.images, arguments.oracle_images):
        scores = arguments.out / "baselines" / setting / f"{label.replace(' ', '-')}.csv"
        yield Job(f"{label}, {setting}", scores, partial(play_baseline, measure))


def _runs(arguments: Arguments, setting: str) -> Iterator[Job]:
    game = arguments.game(setting)
    for seed in arguments.seeds:
        for name, agent in arguments.names().items():
            folder = run_folder(arguments, agent, setting, seed)
            if is_player_class(agent):
                load_player_class(agent)
                work = partial(_play_ready, agent, setting, game, seed, arguments.images)
            else:
                flags = training_flags(agent, game, seed)
                work = partial(_train_and_play, arguments, agent, setting, seed, flags, folder)
            yield Job(f"{name}, {setting}, seed {seed}", folder / "scores.csv", work)


def play_baseline(measure: Measurement, stop: Event, say: Say) -> list[Score]:
    """Do the work of a baseline's job."""
    say("playing")
    return measure(stop)


def _play_ready(
    agent: str, setting: str, game: GameConfig, seed: int, n_images: int, stop: Event, say: Say
) -> list[Score]:
    say("playing")
    return _all_scores(play_ready(agent, game, seed, n_images, stop), agent, setting, seed)


def _train_and_play(
    arguments: Arguments, agent: str, setting: str, seed: int, flags: list[str], folder: Path, stop: Event, say: Say
) -> list[Score]:
    train(flags, arguments.total_timesteps, arguments.minutes, folder, stop, say)
    say("playing")
    return _all_scores(play_trained(folder, arguments.images, stop), agent, setting, seed)


def _all_scores(plays: Iterator[tuple[Play, Evaluation]], agent: str, setting: str, seed: int) -> list[Score]:
    return [score for play, evaluation in plays for score in scores_of(evaluation, agent, setting, seed, play)]
