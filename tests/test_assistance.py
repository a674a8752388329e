"""The study of how many strokes an agent saves: its simulated users, its counts, its command."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scenes import blob_sample

from cutout_rl.agents.baselines.scripted import RandomPens
from cutout_rl.agents.planning import beam_search
from cutout_rl.data import Sample
from cutout_rl.experiments.assistance.__main__ import main
from cutout_rl.experiments.assistance.assisted_user import HELP, Help, offered_by, segment_with_help
from cutout_rl.experiments.assistance.stroke_counts import Case, StrokeRow, count_strokes, summarise
from cutout_rl.experiments.records import read_rows, write_rows
from cutout_rl.experiments.simulated_users.corrections import CORRECTING_USERS, draw_dot, draw_line, start_dots
from cutout_rl.game.config import GameConfig
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE
from cutout_rl.segmenters import make_segmenter
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.assistant import Assistant
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import Stroke

SEGMENTER = make_segmenter("graphcut")


@pytest.mark.parametrize("user", CORRECTING_USERS)
@pytest.mark.parametrize("seed", range(4))
def test_people_draw_into_an_error_alone_and_stop_where_there_is_none(user: str, seed: int) -> None:
    sample = blob_sample(128, seed, void=True)
    rng = np.random.default_rng(seed)
    mask = sample.mask.copy()
    row, column = rng.integers(20, 100, 2)
    mask[row : row + 12, column : column + 30] ^= True
    stroke = CORRECTING_USERS[user](mask, sample)
    assert stroke is not None
    drawing = Drawing(sample.image, SEGMENTER, [stroke])
    wrong = (mask != sample.mask) & ~sample.void
    label = LABELLED_INSIDE if stroke.pen == "inside" else LABELLED_OUTSIDE
    assert (drawing.labels == label).any()
    assert wrong[drawing.labels > 0].all()
    assert (sample.mask[drawing.labels > 0] == (stroke.pen == "inside")).all()
    assert CORRECTING_USERS[user](sample.mask, sample) is None


def test_a_line_runs_along_a_long_error_and_a_dot_lies_in_its_middle() -> None:
    truth = np.zeros((128, 128), np.bool_)
    truth[60:71, 20:100] = True
    sample = Sample(np.zeros((128, 128, 3), np.uint8), truth, np.zeros_like(truth), "bar")
    drawn, clicked = (draw(np.zeros_like(truth), sample) for draw in (draw_line, draw_dot))
    assert isinstance(drawn, Stroke)
    assert isinstance(clicked, Stroke)
    x, y = np.array(drawn.points).T
    assert np.ptp(x) == 39  # 40 px, the longest stroke
    assert abs(x.mean() - 59.5) < 2
    assert np.abs(y - 65).max() <= 1
    assert len(clicked.points) == 1
    assert clicked.points[0][1] == 65


def test_points_are_inside_and_outside() -> None:
    sample = blob_sample(64, 2)
    inside, outside = start_dots(sample)
    assert (inside.pen, outside.pen) == ("inside", "outside")
    for stroke, side in ((inside, True), (outside, False)):
        x, y = stroke.points[0]
        assert sample.mask[int(y), int(x)] == side


def test_an_agent_draws_when_it_is_offered_and_the_person_stops_at_the_target() -> None:
    sample = blob_sample(64, 1)

    class Counted(Assistant):
        moves = 0

        def next_stroke(self, drawing: Drawing) -> Stroke | None:
            stroke = super().next_stroke(drawing)
            self.moves += stroke is not None
            return stroke

    made = {}
    for name, offered in offered_by(RandomPens()).items():
        assistant = Counted(RandomPens(), GameConfig(image_size=32, step_len=6, step_count=8))
        ious = segment_with_help(sample, assistant, draw_dot, offered, target=2.0, max_strokes=4)
        assert len(ious) == 5
        made[name] = assistant.moves
    # The pens' first dots are strokes too, where the person has set none; so are the moves in a game of eight.
    assert made == {
        **{"alone": 0, "agent first": 10, "agent, or taken back": 10, "agent from points": 8, "agent after each": 9}
    }
    alone = segment_with_help(sample, assistant, draw_dot, HELP["alone"], target=0.8, max_strokes=20)
    assert all(iou < 0.8 for iou in alone[:-1])
    assert alone[-1] >= 0.8


def test_hopeless_strokes_of_an_agent_are_taken_back() -> None:
    sample = blob_sample(64, 1)
    assistant = Assistant(RandomPens(), GameConfig(image_size=32, step_len=6, step_count=8))

    def work(offered: Help) -> list[float]:
        return segment_with_help(sample, assistant, draw_dot, offered, target=2.0, max_strokes=3)

    alone, first = work(HELP["alone"]), work(HELP["agent first"])
    assert alone[0] == 0 < first[0] < 1
    assert work(Help(HELP["agent first"].max_steps, keep_from=1.0)) == alone


def test_counts_and_intervals() -> None:
    def rows(offered: str, *curves: tuple[float, ...]) -> list[StrokeRow]:
        return [
            StrokeRow("faces", f"{image}", "dots", offered, strokes, iou)
            for image, curve in enumerate(curves)
            for strokes, iou in enumerate(curve)
        ]

    everything = rows("alone", (0, 0.5, 0.95), (0, 0.1, 0.2, 0.3)) + rows("agent first", (0.9,), (0.7, 0.8, 0.92))
    counts = count_strokes(everything, 0.9, 3)
    alone = counts[Case("faces", "dots", "alone")]
    assert alone.strokes.tolist() == [2, 3]
    assert alone.missed.tolist() == [False, True]
    first, second = summarise(counts)
    assert (first["strokes"], first["missed"], first["saved"], first["saved_interval"]) == (2.5, 1, 0, [0, 0])
    assert (second["strokes"], second["missed"], second["without_a_stroke"]) == (1, 0, 0.5)
    assert (second["saved"], second["strokes_interval"], second["saved_interval"]) == (1.5, [0, 2], [1, 2])


def test_the_command_resumes_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*flags: str) -> None:
        everywhere = ("--sets", "faces", "--images", "2", "--size", "64", "--most", "2", "--out", str(tmp_path))
        monkeypatch.setattr(sys, "argv", ["assistance", *everywhere, *flags])
        main()

    monkeypatch.setattr(beam_search, "N_MOVES", 2)  # the agent searches less, for speed
    run()
    rows = read_rows(tmp_path / "strokes.csv", StrokeRow)
    assert {row.image for row in rows} == {"test-0001000", "test-0001001"}
    assert Image.open(tmp_path / "strokes.png").width > 500
    marked = [row._replace(iou=0.5) if row.image == "test-0001000" else row for row in rows]
    write_rows(tmp_path / "strokes.csv", [row for row in marked if row.image == "test-0001000"], StrokeRow)
    run()
    assert read_rows(tmp_path / "strokes.csv", StrokeRow) == marked  # kept rows stay, lost rows are reproduced
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert {row["n"] for row in summary["strokes"]} == {2}
    with pytest.raises(CutOutError, match="holds results with --"):
        run("--target", "0.8")
