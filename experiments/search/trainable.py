"""One run of the search, as a trainable of Ray Tune."""

import json
import os
from pathlib import Path
from threading import Event
from typing import Any, Final
from urllib.parse import quote

from ray import tune

from cutout_rl.experiments.jobs.module_process import run_module
from cutout_rl.experiments.search.search_flags import Arguments
from cutout_rl.experiments.search.search_space import Value, as_flags, rounded
from cutout_rl.runs.run_folder import RunFolder, best_finals
from cutout_rl.utils.atomic_write import write_json
from cutout_rl.utils.errors import CutOutError

IOU: Final = "iou"  # best on the validation split so far, in the better mode of play
VALIDATED: Final = "validated"  # steps at the latest validation
STEPS: Final = "steps"
SECONDS: Final = "seconds"
FAULT: Final = "fault"
_POINT: Final = "trial.json"


def trial_folder(runs: Path, point: dict[str, Value]) -> Path:
    """Return the folder of a run, named by its flags."""
    return runs / quote("_".join(as_flags(rounded(point))).replace("--", ""), safe="=,")


def started_points(runs: Path) -> list[dict[str, Value]]:
    """Return the points of all runs that were ever started."""
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(runs.glob(f"*/{_POINT}"))]


def train(point: dict[str, Value], arguments: Arguments, start: Path) -> None:
    """Train, or resume an interrupted run, and report its validations to Ray Tune, which may stop it.

    Errors of the run are reported, not raised, because Ray Tune would retry the run as if its machine were lost.

    Args:
        point: values of the flags searched over.
        arguments: of the search.
        start: working directory of the command, which all machines share.
    """
    os.chdir(start)
    folder = trial_folder(arguments.out / "runs", point)
    run, last = RunFolder(folder), dict[str, Any]()
    write_json(folder / _POINT, rounded(point))

    def report_validation() -> None:
        report = _report(run)
        if report and report != last:
            last.update(report)
            tune.report(report)  # raises SystemExit if the run is pruned

    is_new = not run.last_checkpoint.exists()
    run_flags = [*arguments.flags(rounded(point)), "--out"] if is_new else ["--resume"]
    budget = arguments.budget() if is_new else arguments.budget()[:2]
    try:
        run_module(
            "cutout_rl.train", [*run_flags, str(folder), *budget], folder / "training.log", Event(), report_validation
        )
        report_validation()
    except CutOutError as error:
        tune.report({IOU: float("nan"), VALIDATED: 0, STEPS: 0, SECONDS: 0.0, FAULT: str(error)})


def _report(run: RunFolder) -> dict[str, float]:
    validations, curve = run.read("validation.csv"), run.read("metrics.csv")
    if not validations:
        return {}
    return {
        IOU: max(best_finals(validations)),
        VALIDATED: validations["timesteps"][-1],
        STEPS: curve.get("timesteps", [0.0])[-1],
        SECONDS: max(validations["seconds"][-1], curve.get("seconds", [0.0])[-1]),
    }
