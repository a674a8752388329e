"""The hyperparameter search: parsing of the space, its files, and resumption."""

import importlib.util
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from command_line import TINY_GAME, TINY_PRIOR, refusal_of, rows

from cutout_rl.experiments.search.search_flags import Arguments
from cutout_rl.experiments.search.search_space import Choice, Range, as_flags, boundary_points, parse_space, rounded
from cutout_rl.experiments.search.trial_figures import draw_trials
from cutout_rl.experiments.search.trial_records import Trial, best_of, read_trials, write_trials
from cutout_rl.runs.run_folder import RunFolder

TINY = ("ppo", *TINY_GAME, *TINY_PRIOR, "--n-envs", "2", "--batch-size", "16", "--eval-images", "2")
SEARCH = ("learning-rate 1e-4..3e-3 log", "n-steps 8,16", "n-epochs 1..3")


def test_ranges_and_choices_are_read() -> None:
    assert parse_space(["--learning_rate 1e-4..1e-2 log", "n-epochs 2..8", "reward delta, end", "gamma .9..1"]) == {
        "learning-rate": Range(1e-4, 1e-2, log=True),
        "n-epochs": Range(2, 8),
        "reward": Choice(("delta", "end")),
        "gamma": Range(0.9, 1),
    }
    assert Range(2, 8).is_integer
    assert not Range(0.9, 1).is_integer


@pytest.mark.parametrize(
    "text",
    [
        "gamma",
        "gamma 0.9",
        "gamma 1..0",
        "gamma 0..1 log",
        "gamma 0.1..1 linear",
        "gamma a..b",
        "gamma 1,1",
        "gamma 1,,2",
    ],
)
def test_what_cannot_be_read_is_named(text: str) -> None:
    said = refusal_of(lambda: parse_space([text]))
    assert repr(text) in said
    assert "NAME LOW..HIGH" in said


def test_a_flag_is_searched_once() -> None:
    assert "names gamma twice" in refusal_of(lambda: parse_space(["gamma 0.1..1", "--gamma 0.1,1"]))
    assert "names no flag" in refusal_of(lambda: parse_space([]))


def test_every_end_and_choice_is_tried_before_anything_is_trained() -> None:
    space = parse_space(["n-steps 8,16,32", "gamma 0.5..1.0"])
    assert list(boundary_points(space)) == [
        {"n-steps": "8", "gamma": 0.5},
        {"n-steps": "16", "gamma": 1.0},
        {"n-steps": "32", "gamma": 1.0},
    ]
    assert "learning_rate is 0.0" in refusal_of(lambda: Arguments(search=("learning-rate 0.0..1.0",)))
    assert "n_steps is 0" in refusal_of(lambda: Arguments(search=("n-steps 8,16,0",)))
    assert "'pppo'" in refusal_of(lambda: Arguments(agent="pppo"))


def test_a_point_is_a_command_line() -> None:
    arguments = Arguments(agent="ppo --reward end", search=SEARCH, seed=3)
    point = rounded({"learning-rate": 0.00123456, "n-steps": "16", "n-epochs": 2})
    assert as_flags(point) == ["--learning-rate", "0.00123", "--n-steps", "16", "--n-epochs", "2"]
    assert arguments.flags(point) == ["--algo", "ppo", "--reward", "end", *as_flags(point), "--seed", "3"]


def some_trials() -> list[Trial]:
    return [
        Trial({"learning-rate": 1e-3, "n-steps": "8", "n-epochs": 1}, "done", 384, 20.5, 0.5),
        Trial({"learning-rate": 2e-3, "n-steps": "16", "n-epochs": 3}, "pruned", 128, 7.0, 0.25),
        Trial({"learning-rate": 3e-4, "n-steps": "16", "n-epochs": 2}, "done", 384, 20.5, 0.75),
    ]


def test_trials_are_read_as_they_were_written(tmp_path: Path) -> None:
    file, space = tmp_path / "trials.csv", parse_space(SEARCH)
    assert read_trials(file, space) == []
    write_trials(file, some_trials())
    assert read_trials(file, space) == some_trials()
    assert [row["trial"] for row in rows(file)] == ["1", "2", "3"]
    assert best_of(some_trials()).point["learning-rate"] == 3e-4
    file.write_text(file.read_text().replace("0.25", "?"))
    assert "trials.csv is damaged" in refusal_of(lambda: read_trials(file, space))


def test_trials_are_drawn(tmp_path: Path) -> None:
    draw_trials(some_trials(), parse_space(SEARCH), tmp_path / "trials.png")
    assert (tmp_path / "trials.png").stat().st_size > 10_000


def start(out: Path, *flags: str) -> "subprocess.Popen[str]":
    budget = ("--total-timesteps", "384", "--validations", "3", "--no-prune")
    command = [
        sys.executable,
        "-m",
        "cutout_rl.experiments.search",
        "--agent",
        " ".join(TINY),
        "--search",
        *SEARCH,
        *budget,
    ]
    return subprocess.Popen(
        [*command, "--out", str(out), *flags], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def wait_for(process: "subprocess.Popen[str]", found: Any) -> None:
    deadline = time.monotonic() + 300
    while not found():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("modes", [("greedy", "sampled"), ("planner",), ("supervised",)])
def test_trials_of_every_agent_report_their_best_validation(modes: tuple[str, ...], tmp_path: Path) -> None:
    trainable = pytest.importorskip("cutout_rl.experiments.search.trainable", exc_type=ImportError)
    columns = ["timesteps", "seconds", *(f"{mode}_final" for mode in modes)]
    lines = [columns, *([steps, steps, *[iou] * len(modes)] for steps, iou in ((8, 0.6), (16, 0.5)))]
    (tmp_path / "validation.csv").write_text("".join(",".join(map(str, line)) + "\n" for line in lines))
    report = trainable._report(RunFolder(tmp_path))
    assert report == {"iou": 0.6, "validated": 16.0, "steps": 0.0, "seconds": 16.0}


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed (the extra [ray])")
def test_a_search_resumes_where_it_stopped(tmp_path: Path) -> None:
    file = tmp_path / "trials.csv"
    first = start(tmp_path, "--trials", "1")
    said, _ = first.communicate(timeout=600)
    assert first.returncode == 0, said
    before = rows(file)
    stopped = start(tmp_path, "--trials", "3")
    wait_for(stopped, lambda: len(list(tmp_path.glob("runs/*/last.safetensors"))) > 1)
    stopped.send_signal(signal.SIGINT)
    said, _ = stopped.communicate(timeout=300)
    assert stopped.returncode == 130, said
    assert "run the same command to resume" in said
    started = set(tmp_path.glob("runs/*"))
    again = start(tmp_path, "--trials", "3")
    said, _ = again.communicate(timeout=600)
    assert again.returncode == 0, said
    after = rows(file)
    assert after[0] == before[0]
    assert [row["state"] for row in after] == ["done"] * 3
    assert started <= set(tmp_path.glob("runs/*"))
    assert len(list(tmp_path.glob("runs/*"))) == 3  # started trials were resumed, and nothing was proposed twice
    best = max(after, key=lambda row: float(row["iou"]))
    command = (tmp_path / "best.txt").read_text()
    assert f"--learning-rate {best['learning-rate']} --n-steps {best['n-steps']}" in command
    assert (tmp_path / "trials.png").exists()
