"""Studies that train agents on the game and evaluate them on images of the validation split."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from threading import Event
from typing import Final

from cutout_rl.evaluation.evaluation import Evaluation
from cutout_rl.experiments.benchmark.agent_specs import play_trained
from cutout_rl.experiments.benchmark.baselines import baseline_measurement
from cutout_rl.experiments.benchmark.jobs import play_baseline
from cutout_rl.experiments.jobs.job import Job, Say
from cutout_rl.experiments.jobs.training_process import train
from cutout_rl.experiments.report.budget import SPLIT, Budget
from cutout_rl.experiments.report.claims import Claim, conclude
from cutout_rl.experiments.report.stroke_spans import shorter_spans
from cutout_rl.experiments.report.study import Study, Sweep, file_name, list_runs
from cutout_rl.experiments.report.study_figures import draw_trained
from cutout_rl.experiments.report.study_results import Results
from cutout_rl.experiments.scores import Score, scores_of
from cutout_rl.game.config import GameConfig
from cutout_rl.players.baselines import make_baseline
from cutout_rl.train import parse

BASELINES: Final = ("random", "still", "tracing-expert")
SPAN: Final = "span"  # as `shorter_spans` measures it


def trained_study(
    title: str,
    section: str,
    found: str,
    sweep: Sweep,
    claims: Callable[[Results], list[Claim]],
    conclude: Callable[[Sequence[Claim]], str] = conclude,
) -> Study:
    """Create the study of a sweep; the arguments are the attributes of `Study`."""
    jobs = partial(_list_jobs, sweep)
    return Study(title, section, found, tuple(sweep.variants), "iou", jobs, claims, draw_trained, conclude)


def _list_jobs(sweep: Sweep, budget: Budget, folder: Path) -> list[Job]:
    """List the baselines of every game, then the runs, seed by seed."""
    games = {variant: _game(sweep.flags(variant, 0, budget)) for variant in sweep.variants}
    work = partial(_train_and_play, sweep, games, budget)
    return [*_baselines(dict.fromkeys(games.values()), budget, folder), *list_runs(games, work, budget, folder)]


def _game(flags: list[str]) -> GameConfig:
    _, config = parse(flags)
    game_config = config.game_config()
    # Observation and reward belong to the agent, not to the game.
    return GameConfig(
        split=SPLIT,
        image_size=game_config.image_size,
        step_len=game_config.step_len,
        step_count=game_config.step_count,
        segmenter=game_config.segmenter,
    )


def _setting(game: GameConfig) -> str:
    return f"{game.step_len}x{game.step_count}, {game.image_size} px, {game.segmenter}"


def _baselines(games: dict[GameConfig, None], budget: Budget, folder: Path) -> Iterator[Job]:
    for game in games:
        for name in BASELINES:
            player, setting = make_baseline(name), _setting(game)
            measure = baseline_measurement(player, setting, game, budget.indices())
            scores = folder / "baselines" / file_name(setting) / f"{name}.csv"
            yield Job(f"{player.label}, {setting}", scores, partial(play_baseline, measure))


def _train_and_play(
    sweep: Sweep,
    games: dict[str, GameConfig],
    budget: Budget,
    variant: str,
    seed: int,
    run: Path,
    stop: Event,
    say: Say,
) -> list[Score]:
    train(sweep.flags(variant, seed, budget), None, None, run, stop, say)
    say("playing")
    game = games[variant]
    scores: list[Score] = []
    for play, evaluation in play_trained(run, SPLIT, budget.indices(), stop):
        assert isinstance(evaluation, Evaluation)  # the studies train agents, which draw strokes
        scores += scores_of(evaluation, variant, _setting(game), seed, play)
        scores += _spans(evaluation, game, Score(variant, _setting(game), seed, play, "", SPAN, 0.0))
    return scores


def _spans(evaluation: Evaluation, game: GameConfig, row: Score) -> Iterator[Score]:
    for image, span in zip(evaluation.names, shorter_spans(evaluation, game), strict=True):
        yield row._replace(image=image, value=float(span))
