"""The command that measures how long a stroke waits for its mask on the page."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command_line import refusal_of
from scenes import blob_sample

from cutout_rl.experiments.page_latency.__main__ import summarise
from cutout_rl.experiments.page_latency.browser import missing, open_browser, sample_path
from cutout_rl.experiments.page_latency.timed_strokes import EventRow, plan
from cutout_rl.experiments.records import read_rows
from cutout_rl.segmenters import make_segmenter
from cutout_rl.web.drawing import Drawing


def test_times_are_split_by_whether_the_network_trains() -> None:
    rows = [
        EventRow(learning, "a", event // 50, "left", event, event + 100.0 * learning)
        for learning in (0, 1)
        for event in range(101)
    ]
    without, learning = summarise(rows)
    assert without == {"learning": False, "strokes": 3, "events": 101, "median": 50, "p95": 95, "most": 100}
    assert (learning["learning"], learning["median"], learning["p95"]) == (True, 150, 195)
    assert len(summarise(rows[:101])) == 1


def test_mouse_passes_every_so_many_pixels_and_ends_where_it_should() -> None:
    places = np.array(sample_path([(0, 0), (30, 0), (30, 45)], 4))
    steps = np.abs(np.diff(places, axis=0)).sum(axis=1)
    assert steps == pytest.approx(np.full(19, 75 / 19))
    assert (places[0].tolist(), places[-1].tolist()) == ([0, 0], [30, 45])
    assert sample_path([(3, 4)], 4) == [(3, 4)]


def test_planned_strokes_of_both_pens_cut_the_object_out() -> None:
    sample = blob_sample(128, 1)
    strokes = plan(sample, 6)
    assert {stroke.pen for stroke in strokes} == {"inside", "outside"}
    mask = Drawing(sample.image, make_segmenter("graphcut"), strokes).mask()
    assert (mask & sample.mask).sum() / (mask | sample.mask).sum() > 0.8


def test_what_is_missing_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert "chromium" in refusal_of(lambda: open_browser().__enter__())
    for name in ("websockets", "selenium"):
        monkeypatch.setitem(sys.modules, name, None)
        assert f"{name}, which drives the browser" in refusal_of(lambda: open_browser().__enter__())


@pytest.mark.slow
@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_command_measures_every_event(tmp_path: Path) -> None:
    flags = ("--size", "64", "--images", "1", "--strokes", "4", "--learn", "--out", str(tmp_path))
    words = [sys.executable, "-m", "cutout_rl.experiments.page_latency", *flags]
    printed = subprocess.run(words, capture_output=True, text=True, check=True, timeout=900).stdout
    rows = read_rows(tmp_path / "events.csv", EventRow)
    times = json.loads((tmp_path / "summary.json").read_text())["times"]
    assert times == summarise(rows)
    assert [row["learning"] for row in times] == [False, True]
    assert all(f"{row['median']:.1f}" in printed for row in times)
    assert {row.button for row in rows} == {"left", "right"}
    assert len({row.image for row in rows}) == 1
    for learning in (0, 1):
        ends = [row for row in rows if row.learning == learning and row.event == 1]
        assert len(ends) == len({(row.image, row.stroke) for row in rows if row.learning == learning})
    assert min(row.milliseconds for row in rows) > 0
