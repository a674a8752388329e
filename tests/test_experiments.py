"""The commands of the studies, run for real on a small budget."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from command_line import Run, assert_one_sentence, make_folder
from PIL import Image

from cutout_rl.agents.algorithms.ppo import PPOConfig
from cutout_rl.data.splits import split_of
from cutout_rl.experiments.speed import training_profile


@pytest.mark.slow
def test_speed_prints_and_writes_every_share_of_the_time(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def small(config: PPOConfig) -> PPOConfig:
        size = 40 if config.network == "nature" else 32  # nature needs an observation of 36 px
        rollouts = {"n_envs": 4, "n_steps": 16, "batch_size": 32}
        return replace(config, image_size=size, step_len=6, step_count=5, **rollouts)

    profile_training, training_rate = training_profile.profile_training, training_profile.training_rate
    monkeypatch.setattr(training_profile, "profile_training", lambda config: profile_training(small(config)))
    monkeypatch.setattr(training_profile, "training_rate", lambda config: training_rate(small(config)))
    file = tmp_path / "speed.json"
    flags = ("--image-size", 32, "--episodes", 1, "--training-steps", 64, "--no-growth", "--out", file)
    outcome = run("experiments.speed", *flags)
    assert outcome.status == 0, outcome
    figures = json.loads(file.read_text())
    shares = [value for name, value in figures["training"].items() if "%" in name]
    assert abs(sum(shares) - 100) < 1
    assert all(share > 0 for share in shares)
    assert all(figures["breakdown"][whole]["cut"] > 0 for whole in ("step", "reset"))
    parts = (figures["training"], figures["breakdown"]["step"], figures["breakdown"]["reset"])
    assert all(name in outcome.out for part in parts for name in part)
    assert figures["environment"]["steps/s"] > 0
    assert figures["training"]["steps/s with --network nature"] > 0
    assert any("cv2.grabCut" in name for name in figures["cold solvers"])


def test_training_without_an_object_prior_is_profiled(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "shares.json"
    flags = ("--segmenter", "graphcut", "--timesteps", 64, "--seed", 0, "--out", file)
    assert run("experiments.report.profiling", *flags).status == 0
    shares = json.loads(file.read_text())
    assert abs(sum(value for name, value in shares.items() if "%" in name) - 100) < 1
    assert not any("refinement" in name for name in shares)


@pytest.mark.parametrize(
    ("module", "flag", "value"),
    [
        ("segmenter_accuracy", "images", 0),
        ("segmenter_accuracy", "sizes", 8),
        ("learn_while_you_draw", "images", 0),
        ("learn_while_you_draw", "test-after", -1),
        ("learn_while_you_draw.strokes_saved", "size", 8),
        ("priors", "validation-images", 0),
        ("priors", "seeds", -1),
        ("speed", "episodes", 0),
        ("gallery", "images", 0),
        ("contact_sheet", "rows", 0),
        ("contact_sheet", "image-size", 10**6),
        ("stroke_sheet", "columns", 0),
        ("assistance", "target", 1.5),
        ("assistance", "first", -1),
        ("clicks", "size", 0),
        ("clicks", "threads", 0),
        ("page_latency", "strokes", 0),
        ("page_latency", "images", 0),
        ("report", "jobs", 0),
        ("benchmark", "seeds", -1),
        ("benchmark", "first", -1),
        ("benchmark.interval_coverage", "runs", 1),
        ("benchmark.interval_coverage", "seed", -1),
        ("search", "trials", 0),
    ],
)
def test_a_number_outside_its_range_is_refused(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, flag: str, value: float
) -> None:
    monkeypatch.chdir(tmp_path)
    out = ("--out", "sheet.png") if module == "contact_sheet" else ()
    outcome = run(f"experiments.{module}", f"--{flag}", value, *out)
    assert_one_sentence(outcome, f"{flag.replace('-', '_')} is {value}, but must be")
    assert not list(tmp_path.iterdir())


def test_contact_sheet_draws_rows_and_columns(run: Run, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    flags = ("--data", "faces", "--out", sheet, "--rows", 2, "--columns", 3, "--image-size", 32)
    assert run("experiments.contact_sheet", *flags) == (0, f"wrote {sheet}\n", "")
    assert Image.open(sheet).size == (96, 64)


def test_contact_sheet_of_a_class(run: Run, tmp_path: Path) -> None:
    root = make_folder(tmp_path / "photos")
    mask = root / "masks" / f"{next(root.glob('images/*')).stem}.png"
    name = mask.stem
    for file in root.glob("masks/*"):
        Image.fromarray(np.where(np.asarray(Image.open(file)) > 0, 15, 7).astype(np.uint8)).save(file)
    sheets = {}
    for number in (7, 15):
        out = tmp_path / f"{number}.png"
        images = ("--data", root, "--split", split_of(name), "--image-size", 32, "--masks-class", number, "--dim")
        assert run("experiments.contact_sheet", *images, "--rows", 1, "--columns", 2, "--out", out).status == 0
        sheets[number] = np.asarray(Image.open(out)).astype(int)
    # What one class shows, the other darkens.
    assert (sheets[7] != sheets[15]).any(axis=2).mean() > 0.9


def test_stroke_sheet_draws_rows_and_columns(run: Run, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    flags = ("--pretrained", "bc-faces", "--out", sheet, "--rows", 2, "--columns", 2)
    assert run("experiments.stroke_sheet", *flags) == (0, f"wrote {sheet}\n", "")
    assert Image.open(sheet).size == (2 * 262 - 6, 2 * 262 - 6)
