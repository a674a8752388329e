"""Progress without a terminal: a plain, unwrapped line about every half minute."""

import re
from io import StringIO
from pathlib import Path

import pytest
from command_line import TINY_RUN, Run
from rich.console import Console

from cutout_rl.utils import progress
from cutout_rl.utils.progress import ProgressDisplay, say, track


class Clock:
    """A clock that the test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(progress.time, "monotonic", lambda: self.now)


def lines_of(file: StringIO) -> list[str]:
    return file.getvalue().splitlines()


def test_file_gets_a_line_every_half_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, file = Clock(monkeypatch), StringIO()
    with ProgressDisplay(console=Console(file=file)) as display:
        task = display.add_task("ppo", total=150_000, unit="steps")
        for second in range(0, 100, 5):
            clock.now = 1000.0 + second
            note = "IoU 0.812 (last 100)"
            display.update(task, completed=1000 * second, rate=1234.5, seconds_left=3723.4, note=note)
    assert lines_of(file) == [
        f"ppo: {done} steps ({share} %), 1,234 steps/s, 1:02:03 left, IoU 0.812 (last 100)"
        for done, share in (("30,000 of 150,000", 20), ("60,000 of 150,000", 40), ("90,000 of 150,000", 60))
    ]


def test_lines_are_not_wrapped_and_their_text_is_no_markup() -> None:
    file = StringIO()
    text = "stopped; resume with: python -m cutout_rl.train --resume " + "long/" * 40 + "[bold] 12"
    say(Console(file=file, width=80), text)
    assert lines_of(file) == [text]


def test_short_work_prints_nothing_and_a_terminal_has_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, plain, terminal = Clock(monkeypatch), StringIO(), StringIO()
    assert list(track(range(3), "playing", Console(file=plain))) == [0, 1, 2]
    assert plain.getvalue() == ""
    bars = Console(file=terminal, force_terminal=True)
    for item in track(range(3), "playing", bars):
        clock.now += 20 * item
    assert "playing" in terminal.getvalue()
    assert "3 (" not in terminal.getvalue()


def test_every_unfinished_task_is_in_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, file = Clock(monkeypatch), StringIO()
    with ProgressDisplay(console=Console(file=file)) as display:
        display.add_task("3 of 7 jobs done", total=None)
        job = display.add_task("ppo, seed 0", total=None)
        clock.now += 31
        display.update(job, description="ppo, seed 0: training, 4,096 steps")
    assert lines_of(file) == ["3 of 7 jobs done; ppo, seed 0: training, 4,096 steps"]


def test_training_and_evaluation_in_a_pipe_say_how_far_they_are(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    folder = tmp_path / ("long" * 30)
    flags = (*TINY_RUN, "--prior-steps", 2, "--batch-size", 16, "--total-timesteps", 64, "--out", folder)
    out = run("train", *flags).out
    assert f"run folder: {folder}\n" in out
    line = r"^ppo: 32 of 64 steps \(50 %\), [\d,.]+ steps/s, 0:00:\d\d left, IoU 0\.\d{3} \(last \d+\)$"
    assert re.search(line, out, re.MULTILINE), out
    assert "learning the object prior from rewards: 1 of 2 (50 %), 0:00:0" in out
    assert "\n\n" not in out[: out.index("validation after 64 steps")]
    assert re.search(r"^validation after 64 steps: final IoU .* greedy, .* sampled", out, re.MULTILINE)
    monkeypatch.setattr("cutout_rl.evaluation.evaluation.GAMES_AT_ONCE", 1)
    assert re.search(
        r"^ppo, greedy: 1 of 2 images \(50 %\), ", run("evaluate", folder, "--images", 2).out, re.MULTILINE
    )
