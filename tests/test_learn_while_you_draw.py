"""The study of the online network: what annotators draw, the curves, and its command, which repeats no run."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from command_line import Run, assert_one_sentence
from scenes import blob_sample
from scipy import ndimage

from cutout_rl.experiments.learn_while_you_draw.annotation_curves import AnnotationCurve, make_curve, pixels_to_reach
from cutout_rl.experiments.learn_while_you_draw.annotation_run import AnnotationRow, annotate
from cutout_rl.experiments.learn_while_you_draw.strokes_saved import STARTS, Arguments, annotate_folder
from cutout_rl.experiments.simulated_users.annotators import ANNOTATION_LENGTH, annotate_everything, correct, scribble
from cutout_rl.web.online.trainer import Trainer

FLAGS = (
    *("--images", "2", "--held-out", "3", "--test-after", "0", "2", "--steps-per-stroke", "1", "--seeds", "0", "1"),
    *("--learning.batch-size", "1"),
)


@pytest.mark.parametrize("seed", range(4))
def test_corrections_lie_in_one_piece_where_the_guess_is_wrong_most(seed: int) -> None:
    sample = blob_sample(64, seed, void=True)
    rng = np.random.default_rng(seed)
    small, large = np.zeros_like(sample.mask), np.zeros_like(sample.mask)
    small[2:4, 2:4] = True  # taken for the object by mistake
    large = sample.mask & (np.arange(64) > 32)  # missed
    stroke = correct(sample, (sample.mask & ~large) | small, rng)
    assert stroke is not None
    assert ndimage.label(stroke, np.ones((3, 3)))[1] == 1
    assert np.count_nonzero(stroke & large) > 0.6 * np.count_nonzero(stroke)
    assert sample.mask[stroke].all()
    assert not sample.void[stroke].any()
    assert 4 <= np.count_nonzero(stroke) <= 2.5 * (ANNOTATION_LENGTH + 2)
    stroke = correct(sample, sample.mask | small, rng)
    assert stroke is not None
    assert not sample.mask[stroke].any()
    assert correct(sample, sample.mask ^ sample.void, rng) is None


def test_scribbles_fall_anywhere_and_keep_to_a_side() -> None:
    sample = blob_sample(64, 1, void=True)
    rng = np.random.default_rng(0)
    union = np.zeros_like(sample.mask)
    for _ in range(200):
        stroke = scribble(sample, sample.mask, rng)
        assert stroke is not None
        assert len(np.unique(sample.mask[stroke])) <= 1
        assert np.count_nonzero(stroke) <= 2.5 * (ANNOTATION_LENGTH + 2)
        union |= stroke
    assert not (union & sample.void).any()
    for side in (sample.mask, ~sample.mask):
        assert np.count_nonzero(union & side) > 0.5 * np.count_nonzero(side & ~sample.void)


def test_labels_are_the_truth_under_the_stroke() -> None:
    sample = blob_sample(32, 0, void=True)
    labels = np.zeros((32, 32), np.uint8)
    stroke = annotate_everything(sample, sample.mask, np.random.default_rng(0))
    assert stroke is not None
    annotate(labels, stroke, sample)
    assert np.array_equal(labels == 1, sample.mask & ~sample.void)
    assert np.array_equal(labels == 0, sample.void)


def test_curves_average_runs_and_tell_when_an_iou_is_reached() -> None:
    rows = [
        AnnotationRow("scribbles", k, strokes, pixels, f"image {i}", iou)
        for k in (1, 3)
        for strokes, pixels, ious in ((0, 10 * k, [0.1, 0.3]), (4, 100 * k, [0.5 + k / 10, 0.7 + k / 10]))
        for i, iou in enumerate(ious)
    ]
    curve = make_curve(rows)
    assert curve.strokes == [0, 4]
    assert curve.pixels.tolist() == [20, 200]
    assert curve.iou == pytest.approx([0.2, 0.8])
    low, high = curve.interval[1]
    assert 0.6 <= low <= 0.8 <= high <= 1.0
    assert np.isnan(make_curve(rows[:4]).interval).all()
    assert pixels_to_reach(curve, 0.5) == pytest.approx(np.sqrt(20 * 200))
    assert pixels_to_reach(curve, 0.1) == 20
    assert pixels_to_reach(AnnotationCurve([0], np.array([5.0]), np.array([0.3]), np.zeros((1, 2))), 0.4) is None


@pytest.mark.parametrize("is_right", [True, False])
def test_a_start_is_kept_where_it_is_good_enough(is_right: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    images = [blob_sample(64, seed) for seed in range(3)]
    masks = {sample.image.tobytes(): sample.mask == is_right for sample in images}
    monkeypatch.setattr(Trainer, "predict", lambda self, image: masks[image.tobytes()].astype(np.uint8) * 255)
    arguments = Arguments(most=4, target=0.97, steps_per_stroke=1)
    runs = {name: annotate_folder(images, 0, name, arguments) for name in STARTS}
    strokes = {name: [row.strokes for row in rows] for name, rows in runs.items()}
    assert [row.image for row in runs["network"]] == [row.image for row in runs["alone"]]
    first = {own[0] for own in strokes.values()}  # the network has seen nothing yet
    assert len(first) == 1
    if is_right:
        assert strokes["network, or taken back"] == strokes["network"]
        assert sum(strokes["network"]) < sum(strokes["alone"])
    else:
        assert strokes["network, or taken back"] == strokes["alone"]
        assert sum(strokes["network"]) > sum(strokes["alone"])


def test_counting_saved_strokes_resumes(run: Run, tmp_path: Path) -> None:
    command = (
        *("experiments.learn_while_you_draw.strokes_saved", "--images", "2", "--size", "64", "--most", "3"),
        *("--steps-per-stroke", "1", "--out", tmp_path),
    )
    assert run(*command, "--seeds", 0).status == 0
    kept = (tmp_path / "strokes.csv").read_text()
    outcome = run(*command, "--seeds", 0, 1)
    assert outcome.status == 0, outcome
    assert (tmp_path / "strokes.csv").read_text().startswith(kept)
    rows = list(csv.DictReader((tmp_path / "strokes.csv").open()))
    assert len(rows) == 2 * len(STARTS) * 2
    alone = [(row["image"], row["strokes"]) for row in rows if row["help"] == "alone"]
    assert len(set(alone)) == 2  # the user draws the same, whatever the order
    assert "2 images, 2 seeds" in outcome.out
    assert_one_sentence(run(*command, "--target", 0.8), "holds results with --")
    assert_one_sentence(run(*command, "--most", 0), "most is 0")


def test_command_writes_all_scores_and_plays_nothing_twice(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "study"
    command = ("experiments.learn_while_you_draw", *FLAGS, "--out", out)
    assert run(*command).status == 0
    rows = list(csv.DictReader((out / "scores.csv").open()))
    assert len(rows) == 3 * 2 * 2 * 3
    assert {row["annotator"] for row in rows} == {"corrections", "scribbles", "everything"}
    whole = [int(row["pixels"]) for row in rows if row["annotator"] == "everything" and row["strokes"] == "2"]
    assert set(whole) == {2 * 64 * 64}
    assert (out / "curves.png").stat().st_size > 10_000
    summary = json.loads((out / "summary.json").read_text())
    assert summary["conditions"]["seeds"] == [0, 1]
    before = (out / "scores.csv").stat().st_mtime_ns  # rewritten after each run
    assert len({(row["annotator"], row["seed"]) for row in rows}) == 6
    assert run(*command).status == 0
    assert (out / "scores.csv").stat().st_mtime_ns == before
    assert_one_sentence(run(*command, "--images", 3), "holds results with --")
