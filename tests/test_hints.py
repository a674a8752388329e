"""Commands that the commands print work as they are."""

import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import TINY_PRIOR, TINY_RUN, Outcome, Run, make_folder, rows

ANY_COMMAND = re.compile(r"python -m cutout_rl\.(\S+) ?(.*)$", re.MULTILINE)


def hint_in(text: str) -> tuple[str, list[str]]:
    """Return the module and the arguments of the last command in an output."""
    module, arguments = ANY_COMMAND.findall(text)[-1]
    return module, shlex.split(arguments)


def follow(run: Run, text: str, *further: object) -> Outcome:
    """Run the last command in an output, with further arguments."""
    module, arguments = hint_in(text)
    return run(module, *arguments, *further)


def test_a_stopped_run_is_resumed_by_the_command_that_it_prints(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "a run (1)"
    flags = (*TINY_RUN, "--batch-size", 16, "--test-images", 1, "--out", folder)
    command = [sys.executable, "-m", "cutout_rl.train", *map(str, flags), "--total-timesteps", "1000000"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not (folder / "metrics.csv").exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    # Both are 130 to a shell; Python takes the second way where the signal met an import.
    assert process.returncode in (130, -signal.SIGINT), err
    assert err == ""
    done = int(float(rows(folder / "metrics.csv")[-1]["timesteps"]))
    resumed = follow(run, out, "--total-timesteps", done + 16)
    assert resumed.status == 0, resumed
    assert float(rows(folder / "metrics.csv")[-1]["timesteps"]) >= done + 16
    assert hint_in(resumed.out) == ("visualize", [str(folder)])  # see test_agent_report.py


@pytest.mark.parametrize(
    "game",
    [
        (),
        ("--image-size", 32, "--step-len", 6, "--step-count", 5, "--pen-width", 1, "--segmenter", "textbook"),
        ("--data", "DATA", "--image-size", 32, "--step-len", 6, "--step-count", 5, "--skip-bad"),
    ],
    ids=["defaults", "another game", "a folder"],
)
def test_demonstrations_are_cloned_by_the_command_that_recording_prints(
    run: Run, tmp_path: Path, game: tuple[object, ...]
) -> None:
    if "DATA" in game:
        data = make_folder(tmp_path / "some data")
        (data / "masks" / "unpaired.png").write_bytes(b"")
        game = tuple(data if word == "DATA" else word for word in game)
    recorded = run("agents.demonstrate", "--out", tmp_path / "recorded by me", "--episodes", 2, *game)
    assert recorded.status == 0, recorded
    short = (*TINY_PRIOR, "--n-envs", 2, "--eval-images", 1, "--test-images", 0, "--total-timesteps", 10)
    cloned = follow(run, recorded.out, *short, "--out", tmp_path / "run")
    assert cloned.status == 0, cloned


def test_lines_with_commands_are_not_wrapped(
    run: Run, own_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ("x" * 100)
    folder.symlink_to(own_run)
    monkeypatch.setenv("COLUMNS", "40")
    done = run("train", "--resume", folder)
    assert done.status == 0, done
    assert hint_in(done.out) == ("visualize", [str(folder)])
