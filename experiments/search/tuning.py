"""The search: Optuna proposes points, Ray Tune runs and prunes the trials."""

import math
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import optuna
import ray
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from ray import tune
from ray.tune.schedulers import ASHAScheduler
from ray.tune.search.optuna import OptunaSearch
from rich.console import Console
from rich.progress import TaskID, TextColumn, TimeElapsedColumn

from cutout_rl.experiments.search.search_flags import Arguments
from cutout_rl.experiments.search.search_space import Choice, Range, as_flags, rounded
from cutout_rl.experiments.search.trainable import FAULT, IOU, SECONDS, STEPS, VALIDATED, started_points, train
from cutout_rl.experiments.search.trial_records import Trial, best_of, write_trials
from cutout_rl.utils.progress import ProgressDisplay

RETRIES: Final = 5  # of a run on a lost machine
_KEEP_ONE_IN: Final = 3


def search(arguments: Arguments, trials: list[Trial], file: Path, console: Console) -> dict[str, str]:
    """Run the missing trials on the connected cluster, one per core.

    TPE (Bergstra et al., NeurIPS 2011) proposes points from the results so far; asynchronous successive halving (Li et
    al., MLSys 2020) prunes.

    Args:
        arguments: of the search.
        trials: the finished trials, to which the new ones are appended.
        file: rewritten with all trials whenever one ends.
        console: shows the running trials, one per line, and the number of trials done.

    Returns:
        Error messages by the flags of the run.

    Raises:
        KeyboardInterrupt: the user stopped the command; the running trials have saved their checkpoints.
    """
    os.environ["RAY_AIR_NEW_OUTPUT"] = "0"  # the new output ignores verbose=0
    view = _View(arguments, trials, file, console)
    scheduler = ASHAScheduler(
        time_attr=VALIDATED,
        max_t=arguments.total_timesteps + 1,  # at max_t, Tune would stop a run before it ends by itself
        grace_period=max(1, arguments.total_timesteps // arguments.validations),
        reduction_factor=_KEEP_ONE_IN,
    )
    wanted = arguments.trials - len(trials)
    tuner = tune.Tuner(
        tune.with_resources(partial(train, arguments=arguments, start=Path.cwd()), {"cpu": 1}),
        tune_config=tune.TuneConfig(
            metric=IOU,
            mode="max",
            search_alg=_searcher(arguments, trials),
            scheduler=scheduler if arguments.prune else None,
            num_samples=wanted,
            max_concurrent_trials=max(1, int(ray.cluster_resources().get("CPU", 1))),
        ),
        run_config=tune.RunConfig(
            name="tune",
            storage_path=str(arguments.out.absolute()),
            failure_config=tune.FailureConfig(max_failures=RETRIES),
            callbacks=[view],
            verbose=0,
        ),
    )
    with view.progress:
        tuner.fit()
    if view.ended < wanted:
        raise KeyboardInterrupt
    return view.faults


def _searcher(arguments: Arguments, trials: Sequence[Trial]) -> OptunaSearch:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    known, started = [trial.point for trial in trials], started_points(arguments.out / "runs")
    searcher = OptunaSearch(
        {name: _distribution(of) for name, of in arguments.space.items()},
        metric=IOU,
        mode="max",
        points_to_evaluate=[point for point in started if point not in known],
        seed=arguments.seed + len(started),  # else it would repeat its first proposals
    )
    for trial in trials:
        searcher.add_evaluated_point(trial.point, trial.iou)
    return searcher


def _distribution(of: Range | Choice) -> BaseDistribution:
    if isinstance(of, Choice):
        return CategoricalDistribution(of.values)
    if of.is_integer:
        return IntDistribution(int(of.low), int(of.high), log=of.log)
    return FloatDistribution(float(of.low), float(of.high), log=of.log)


class _View(tune.Callback):  # type: ignore[misc]
    """Callback that shows the progress of all trials, and records those that end."""

    def __init__(self, arguments: Arguments, trials: list[Trial], file: Path, console: Console) -> None:
        self.faults: dict[str, str] = {}
        self.ended = 0
        columns = (TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        self.progress = ProgressDisplay(*columns, console=console)
        self._arguments = arguments
        self._trials = trials
        self._file = file
        self._overall = self.progress.add_task("")
        self._tasks: dict[str, TaskID] = {}
        self._show_overall()

    def __getstate__(self) -> dict[str, Any]:
        return {}  # Tune pickles its callbacks, but this state is not needed

    def on_trial_start(self, iteration: int, trials: Sequence[Any], trial: Any, **_: Any) -> None:
        if trial.trial_id not in self._tasks:
            self._tasks[trial.trial_id] = self.progress.add_task(f"{_name(trial)}: starting", total=None)

    def on_trial_result(
        self, iteration: int, trials: Sequence[Any], trial: Any, result: dict[str, Any], **_: Any
    ) -> None:
        text = f"{_name(trial)}: {result[STEPS]:,.0f} steps, IoU {result[IOU]:.3f}"
        self.progress.update(self._tasks[trial.trial_id], description=text)

    def on_trial_complete(self, iteration: int, trials: Sequence[Any], trial: Any, **_: Any) -> None:
        result = trial.last_result or {}
        if math.isnan(result.get(IOU, math.nan)):
            self._fail(trial, result.get(FAULT, "no message"))
            return
        steps = int(result[STEPS])
        state = "done" if steps >= self._arguments.total_timesteps else "pruned"
        self._trials.append(Trial(rounded(trial.config), state, steps, result[SECONDS], result[IOU]))  # type: ignore[arg-type]
        write_trials(self._file, self._trials)
        self._end(trial, f"{state} after {steps:,} steps, IoU {result[IOU]:.3f}")

    def on_trial_error(self, iteration: int, trials: Sequence[Any], trial: Any, **_: Any) -> None:
        self._fail(trial, "its machines were lost")

    def _fail(self, trial: Any, fault: str) -> None:
        self.faults[_name(trial)] = fault
        self._end(trial, f"failed: {fault}")

    def _end(self, trial: Any, text: str) -> None:
        self.ended += 1
        self.progress.console.print(f"{_name(trial)}: {text}", markup=False, highlight=False)
        if trial.trial_id in self._tasks:
            self.progress.remove_task(self._tasks.pop(trial.trial_id))
        self._show_overall()

    def _show_overall(self) -> None:
        best = f", best IoU {best_of(self._trials).iou:.3f}" if self._trials else ""
        text = f"{len(self._trials)} of {self._arguments.trials} trials done{best}"
        self.progress.update(self._overall, description=text)


def _name(trial: Any) -> str:
    return " ".join(as_flags(rounded(trial.config)))
