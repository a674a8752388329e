"""The commands for real, on a tiny budget: train, evaluate, resume."""

import json
from pathlib import Path

import pytest
from command_line import TINY_GAME, TINY_PRIOR, TINY_RUN, Run, make_folder, rows, run_module
from PIL import Image

PLAYERS = [
    "prior alone",
    "prior and cut",
    "tracing the prior",
    "ppo, greedy",
    "ppo, sampled",
    "one-step oracle",
    "tracing expert",
    "random pens",
    "side-keeping pens",
    "still pens",
]


def test_training_fills_the_run_folder(ppo_run: Path) -> None:
    record = json.loads((ppo_run / "run.json").read_text())
    assert record["config"]["algo"] == "ppo"
    assert record["config"]["seed"] == 0
    assert record["config"]["image_size"] == 32
    assert "--total-timesteps 64" in record["command"]
    assert {"python", "numpy", "torch", "cutout-rl"} <= record["versions"].keys()
    assert [float(row["timesteps"]) for row in rows(ppo_run / "metrics.csv")] == [16, 32, 48, 64]
    assert [float(row["timesteps"]) for row in rows(ppo_run / "validation.csv")] == [0, 64]
    table = json.loads((ppo_run / "table.json").read_text())
    assert sorted(row["player"] for row in table) == sorted(PLAYERS)
    text = (ppo_run / "table.txt").read_text()
    for row in table:
        assert (row["split"], row["first_image"], row["images"]) == ("test", 1000, 2)
        assert 0 <= row["final_iou"] <= row["best_iou"] <= 1
        assert f"{row['final_iou']:.3f}" in text
    for name in ("curves.png", "episodes.png"):
        Image.open(ppo_run / name).verify()
    assert list((ppo_run / "tensorboard").iterdir())
    # Nothing half-written is left.
    assert not [path for path in ppo_run.iterdir() if path.name.startswith(".")]


def test_a2c_trains_without_a_closing_table(run: Run, tmp_path: Path) -> None:
    arguments = ("--algo", "a2c", *TINY_RUN, "--total-timesteps", 32, "--out", tmp_path / "run")
    assert run("train", *arguments).status == 0
    assert [float(row["timesteps"]) for row in rows(tmp_path / "run" / "metrics.csv")] == [16, 32]
    assert not (tmp_path / "run" / "table.json").exists()


def test_overlay_is_learnt_by_the_stock_network(run: Run, tmp_path: Path) -> None:
    game = ("--image-size", 40, "--observation-size", 40, "--step-len", 6, "--step-count", 5)
    rest = ("--n-envs", 2, "--n-steps", 8, "--batch-size", 16, "--eval-images", 1, "--test-images", 0)
    arguments = (*game, *rest, "--observation", "overlay", "--network", "nature", "--reward", "end", "--stop-action")
    assert run("train", *arguments, "--total-timesteps", 16, "--out", tmp_path / "run").status == 0
    assert run("evaluate", tmp_path / "run", "--images", 1).status == 0


def test_evaluate_prints_the_closing_table_again(ppo_run: Path, tmp_path: Path) -> None:
    done = run_module("evaluate", ppo_run, "--images", 2, "--json", tmp_path / "new" / "table.json")
    assert (done.status, done.err) == (0, "")
    again = json.loads((tmp_path / "new" / "table.json").read_text())
    assert again == json.loads((ppo_run / "table.json").read_text())
    for row in again:
        assert f"{row['final_iou']:.3f} ± {row['standard_error']:.3f}" in done.out


def test_evaluate_plays_other_images_than_the_agent_was_trained_on(run: Run, own_run: Path, tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "data")
    outcome = run("evaluate", own_run, "--data", folder, "--split", "val", "--images", 1)
    assert outcome.status == 0
    assert "1 images (val 0)" in " ".join(outcome.out.split())


def test_resumed_run_continues_where_it_stopped(run: Run, own_run: Path) -> None:
    before = (own_run / "metrics.csv").read_text()
    outcome = run("train", "--resume", own_run, "--total-timesteps", 96)
    assert outcome.status == 0, outcome
    assert (own_run / "metrics.csv").read_text().startswith(before)
    assert [float(row["timesteps"]) for row in rows(own_run / "metrics.csv")] == [16, 32, 48, 64, 80, 96]
    assert [float(row["timesteps"]) for row in rows(own_run / "validation.csv")] == [0, 64, 96]
    seconds = [float(row["seconds"]) for row in rows(own_run / "metrics.csv")]
    assert seconds == sorted(seconds)


@pytest.mark.parametrize("module", ["train", "evaluate", "visualize"])
def test_help_is_there(run: Run, module: str) -> None:
    outcome = run(module, "--help")
    assert outcome.status == 0
    assert f"python -m cutout_rl.{module}" in outcome.out


def test_default_folder_is_named_after_the_run(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    flags = (
        *TINY_GAME,
        *TINY_PRIOR,
        "--n-envs",
        1,
        "--n-steps",
        8,
        "--eval-images",
        1,
        "--test-images",
        0,
        "--seed",
        7,
    )
    assert run("train", *flags, "--algo", "a2c", "--total-timesteps", 8).status == 0
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.endswith("-a2c-faces-7")
