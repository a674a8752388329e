"""The study of agents on photographs: every image of a folder, its table and its pictures."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from command_line import Run, assert_one_sentence
from PIL import Image
from scenes import blob_sample

from cutout_rl.experiments.photographs.played_sets import every_split, play_everything
from cutout_rl.runs.algorithms import load_config
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import GameTrainConfig


@pytest.fixture
def blobs(tmp_path: Path) -> Path:
    """Write 30 blobs as a folder of images and masks."""
    for folder in ("images", "masks"):
        (tmp_path / "blobs" / folder).mkdir(parents=True)
    for seed in range(30):
        sample = blob_sample(40, seed)
        Image.fromarray(sample.image).save(tmp_path / "blobs" / "images" / f"{seed}.png")
        Image.fromarray(sample.mask).convert("L").save(tmp_path / "blobs" / "masks" / f"{seed}.png")
    return tmp_path / "blobs"


def test_every_image_is_played_once_and_replayed_as_it_was(ppo_run: Path, blobs: Path) -> None:
    run = RunFolder(ppo_run)
    algorithm, config = load_config(run, "cpu")
    assert isinstance(config, GameTrainConfig)
    player = algorithm.load_player(config, run, True, "cpu")
    augmented = replace(config, augment=2)  # in its training
    played = play_everything(player, augmented, str(blobs), "masks", every_split())
    names = [name for _, evaluation in played.parts for name in evaluation.names]
    assert sorted(names, key=int) == [f"{seed}" for seed in range(30)]
    places = [29, 0, 17]
    games = played.games(places)
    assert [game.sample.name for game in games] == [names[place] for place in places]
    assert [game.iou for game in games] == played.iou[places, -1].tolist()


def test_the_command_prints_and_draws(run: Run, ppo_run: Path, blobs: Path, tmp_path: Path) -> None:
    flags = ("--players", ppo_run, "--data", blobs, "--splits", "train", "val", "--out", tmp_path / "out")
    outcome = run("experiments.photographs", *flags)
    assert outcome.status == 0, outcome
    rows = json.loads((tmp_path / "out" / "scores.json").read_text())
    assert {row["player"] for row in rows} == {"ppo, greedy", "prior alone", "prior and cut", "tracing the prior"}
    assert all(0 <= row["final"] <= row["best"] <= 1 and row["n"] > 20 for row in rows)
    for kind in ("best", "worst"):
        with Image.open(tmp_path / "out" / f"blobs-{kind}.png") as picture:
            assert np.ptp(np.asarray(picture.convert("L"))) > 100


def test_bad_arguments(run: Run) -> None:
    assert_one_sentence(run("experiments.photographs", "--sets", "cats"), "cats")
    assert_one_sentence(run("experiments.photographs", "--players", "none-such", "--data", "nowhere"), "none-such")
