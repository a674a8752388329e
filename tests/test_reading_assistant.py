"""Assistants that read scribbles: they draw what helps by their own estimate, or nothing; and the study that counts."""

import math

import numpy as np
import pytest
from reader import Reader
from scenes import blob_sample

from cutout_rl.data import Sample
from cutout_rl.experiments.assistance.finishing import FinishRow, calibration_error, finish, summarise_finishes
from cutout_rl.experiments.simulated_users.corrections import draw_dot, start_dots
from cutout_rl.game.config import GameConfig
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.segmenters import make_segmenter
from cutout_rl.web.assistant import Assistant
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import Stroke
from cutout_rl.web.reading_assistant import ReadingAssistant, make_assistant

SIZE = 64
GAME = GameConfig(image_size=SIZE, step_len=8, step_count=12)


def begun(sample: Sample, strokes: int = 1) -> Drawing:
    """Return a drawing after some dots of a person."""
    drawing = Drawing(sample.image, make_segmenter("graphcut"))
    for _ in range(strokes):
        dot = draw_dot(drawing.mask(), sample)
        assert dot is not None
        drawing.apply(dot)
    return drawing


def play_out(assistant: Assistant, drawing: Drawing) -> int:
    moves = 0
    while (stroke := assistant.next_stroke(drawing)) is not None:
        drawing.apply(stroke)
        moves += 1
    return moves


def iou_of(drawing: Drawing, sample: Sample) -> float:
    return intersection_over_union(drawing.mask(), sample.mask, sample.void)


@pytest.mark.parametrize("seed", range(4))
def test_with_the_right_belief_it_improves_and_ends_at_its_best(seed: int) -> None:
    sample = blob_sample(SIZE, seed)
    drawing, reader = begun(sample), Reader(sample.mask)
    assistant = make_assistant(reader, GAME)
    assert isinstance(assistant, ReadingAssistant)
    n_drawn = len(drawing.edits)
    ious = [iou_of(drawing, sample)]
    while (stroke := assistant.next_stroke(drawing)) is not None:
        drawing.apply(stroke)
        ious.append(iou_of(drawing, sample))
    assert ious[-1] == max(ious)
    assert len(ious) == 1 or ious[-1] >= ious[0] + 0.02
    assert assistant.estimate_iou(drawing) == pytest.approx(ious[-1])
    assert set(reader.counts) == {n_drawn}  # the agent's own strokes are no news of the object


def test_it_leaves_alone_what_it_believes_to_be_good() -> None:
    sample = blob_sample(SIZE, 1)
    drawing = begun(sample, 3)
    assert play_out(make_assistant(Reader(drawing.mask()), GAME), drawing) == 0
    assert play_out(make_assistant(Reader(sample.mask, least_gain=1.0), GAME), drawing) == 0


def test_it_does_not_replace_what_a_person_means_by_something_else() -> None:
    sample = blob_sample(SIZE, 1)
    elsewhere = np.roll(sample.mask, 14, axis=1)
    drawing = begun(sample, 3)
    assert play_out(make_assistant(Reader(elsewhere, least_gain=0.0), GAME), drawing) == 0
    dots = Drawing(sample.image, make_segmenter("graphcut"), start_dots(sample))
    assert play_out(make_assistant(Reader(elsewhere, least_gain=0.0), GAME), dots) > 0


def test_it_reads_the_persons_strokes_and_not_its_own() -> None:
    sample = blob_sample(SIZE, 2)
    reader, drawing = Reader(sample.mask, least_gain=0.0), begun(sample)
    labels = drawing.labels.copy()
    play_out(make_assistant(reader, GAME), drawing)
    assert all(np.array_equal(seen, labels) for seen in reader.seen)
    drawing.apply(Stroke("outside", 3, ((2.0, 2.0), (20.0, 2.0))))
    labels = drawing.labels.copy()
    make_assistant(reader, GAME).next_stroke(drawing)
    assert np.array_equal(reader.seen[-1], labels)


def test_without_a_stroke_it_begins_in_the_middle() -> None:
    sample = blob_sample(SIZE, 3)
    drawing, assistant = begun(sample, 0), make_assistant(Reader(sample.mask), GAME)
    first = assistant.next_stroke(drawing)
    assert first is not None
    assert (first.pen, first.points) == ("inside", ((32.0, 32.0),))
    play_out(assistant, drawing)
    assert iou_of(drawing, sample) > 0.8


def test_undone_strokes_are_planned_again() -> None:
    sample = blob_sample(SIZE, 1)
    drawing, assistant = begun(sample), make_assistant(Reader(sample.mask, least_gain=0.0), GAME)
    moves = play_out(assistant, drawing)
    assert moves > 0
    drawing.undo()
    assert play_out(assistant, drawing) == 1
    assert play_out(assistant, drawing) == 0


def test_an_image_without_background_gets_no_strokes() -> None:
    sample = blob_sample(SIZE, 0)
    drawing = begun(sample)
    assert play_out(make_assistant(Reader(np.ones((SIZE, SIZE), np.bool_)), GAME), drawing) == 0


def test_finishing_with_the_right_and_with_a_wrong_belief() -> None:
    sample = blob_sample(SIZE, 1)
    for believed, helps in ((sample.mask, True), (np.roll(sample.mask, 20, axis=1), False)):
        assistant = make_assistant(Reader(believed, least_gain=0.0), GAME)
        strokes, before, after, moves, estimate = finish(sample, assistant, draw_dot, 0.7, 20)
        assert before >= 0.7
        assert strokes > 0
        if helps:
            assert after >= before
            assert estimate == pytest.approx(after)
        else:
            assert moves == 0
            assert after == before
    assert math.isnan(finish(sample, assistant, draw_dot, 1.1, 2)[1])


def test_summary_of_finishes() -> None:
    rows = [
        FinishRow("davis", "a", "dots", 2, 0.8, 0.9, 3, 0.85),
        FinishRow("davis", "b", "dots", 2, 0.8, 0.7, 2, 0.75),
        FinishRow("davis", "c", "lines", 2, 0.85, 0.85, 0, 0.95),
        FinishRow("davis", "d", "lines", 20, math.nan, math.nan, 0, math.nan),
    ]
    everyone, dots, lines = summarise_finishes(rows)
    assert [row["person"] for row in (everyone, dots, lines)] == ["all", "dots", "lines"]
    assert (everyone["n"], dots["n"], lines["n"]) == (3, 2, 1)
    assert everyone["change"] == pytest.approx(0)
    assert (dots["harmed"], dots["improved"], lines["untouched"]) == (0.5, 0.5, 1.0)
    assert everyone["estimate_error"] == pytest.approx(0.2 / 3)


def test_calibration_error_of_groups_of_equal_number() -> None:
    estimates = np.array([0.1, 0.3, 0.7, 0.9])
    assert calibration_error(estimates, estimates) == 0
    # Two groups: means of 0.2 against 0.4, and 0.8 against 0.5.
    assert calibration_error(estimates, np.array([0.4, 0.4, 0.6, 0.4]), bins=2) == pytest.approx(0.25)
