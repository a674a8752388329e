"""One run of the search, as Ray Tune calls it on some machine."""

import json
import os
from pathlib import Path
from threading import Event
from typing import Any, Final
from urllib.parse import quote

from ray import tune

from cutout_rl.experiments.benchmark.child import run_module
from cutout_rl.experiments.search.arguments import Arguments
from cutout_rl.experiments.search.space import Value, as_flags, rounded
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.utils.atomic_write import write_json
from cutout_rl.utils.errors import CutOutError

IOU: Final = "iou"  # best on the validation split so far, of greedy and sampled play
VALIDATED: Final = "validated"  # steps after which the newest validation was made
STEPS: Final = "steps"
SECONDS: Final = "seconds"
FAULT: Final = "fault"
_POINT: Final = "trial.json"


def folder_of(runs: Path, point: dict[str, Value]) -> Path:
    """Name the folder of a run, by its flags."""
    return runs / quote("_".join(as_flags(rounded(point))).replace("--", ""), safe="=,")


def begun(runs: Path) -> list[dict[str, Value]]:
    """Give the points of all runs that have ever begun."""
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(runs.glob(f"*/{_POINT}"))]


def train(point: dict[str, Value], arguments: Arguments, start: Path) -> None:
    """Train, or go on with a run that was interrupted, and report how it goes to Ray Tune, which may end it.

    A fault of the run is reported too, not raised: it would be tried again, as a run is whose machine is lost.

    Args:
        point: the values of the flags that are searched over.
        arguments: of the search.
        start: folder that the command was started in, which all machines see.
    """
    os.chdir(start)
    folder = folder_of(arguments.out / "runs", point)
    run, said = RunFolder(folder), dict[str, Any]()
    write_json(folder / _POINT, rounded(point))

    def look() -> None:
        report = _report(run)
        if report and report != said:
            said.update(report)
            tune.report(report)  # raises SystemExit where the run is given up

    is_new = not run.last_checkpoint.exists()
    where = [*arguments.flags(rounded(point)), "--out"] if is_new else ["--resume"]
    budget = arguments.budget() if is_new else arguments.budget()[:2]
    try:
        run_module("cutout_rl.train", [*where, str(folder), *budget], folder / "training.log", Event(), look)
        look()
    except CutOutError as error:
        tune.report({IOU: float("nan"), VALIDATED: 0, STEPS: 0, SECONDS: 0.0, FAULT: str(error)})


def _report(run: RunFolder) -> dict[str, float]:
    validations, curve = run.read("validation.csv"), run.read("metrics.csv")
    if not validations:
        return {}
    return {
        IOU: max(*validations["greedy_final"], *validations["sampled_final"]),
        VALIDATED: validations["timesteps"][-1],
        STEPS: curve.get("timesteps", [0.0])[-1],
        SECONDS: max(validations["seconds"][-1], curve.get("seconds", [0.0])[-1]),
    }
