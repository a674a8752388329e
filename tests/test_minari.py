"""Demonstrations as Minari datasets: read as written, equal to what the environment returns, refused where unfit."""

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from command_line import TINY_GAME, TINY_PRIOR, Run, assert_one_sentence, make_folder, refusal_of

from cutout_rl.agents.baselines.scripted import RandomPens, StillPens
from cutout_rl.evaluation.demonstrations import Demonstrations, record
from cutout_rl.evaluation.minari_dataset import read_minari, write_minari
from cutout_rl.game.config import GameConfig
from cutout_rl.game.rules import STOP

ID = "cutout/random-pens-v0"
SETTINGS = GameConfig(image_size=40, step_len=6, step_count=5)


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "minari", None)
    monkeypatch.setitem(sys.modules, "h5py", None)
    said = refusal_of(lambda: read_minari(ID))
    assert said == "Minari datasets need h5py; run pip install 'cutout-rl[minari]'."


@pytest.fixture
def minari(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))
    pytest.importorskip("h5py", reason="h5py is not installed (the extra [minari])")
    return pytest.importorskip("minari", reason="Minari is not installed (the extra [minari])")


class LeavingPens(RandomPens):
    """Random pens that stop in every other game after two moves."""

    def __init__(self) -> None:
        super().__init__()
        self._calls = 0

    def act(self, observations: Any, games: Any) -> Any:
        actions = super().act(observations, games)
        self._calls += 1
        if self._calls == 3:
            actions[::2] = STOP
        return actions


def assert_equal(ours: Demonstrations, others: Demonstrations) -> None:
    assert (ours.player, ours.game_config, ours.names) == (others.player, others.game_config, others.names)
    for name in ("index", "seed", "start", "actions", "iou"):
        ours_array, others_array = getattr(ours, name), getattr(others, name)
        assert ours_array.dtype == others_array.dtype
        assert np.array_equal(ours_array, others_array)


@pytest.mark.parametrize("stop_action", [False, True])
@pytest.mark.parametrize("observation", ["masked", "dict", "overlay"])
def test_dataset_holds_what_the_environment_returns_and_is_read_as_written(
    minari: Any, observation: Any, stop_action: bool
) -> None:
    settings = replace(SETTINGS, observation=observation, stop_action=stop_action, reward="end")
    demonstrations = record(LeavingPens(), settings, 4, seed=7)
    write_minari(demonstrations, ID)
    assert_equal(read_minari(ID), demonstrations)
    dataset = minari.load_dataset(ID)
    assert dataset.spec.total_episodes == 4
    env = dataset.recover_environment()
    assert asdict(env.unwrapped.game_config) == asdict(settings)
    for episode in dataset.iterate_episodes():
        number = int(episode.id)
        stopped = STOP in demonstrations.actions[number]
        options = {"index": int(demonstrations.index[number]), "start": demonstrations.start[number].tolist()}
        expected = [env.reset(options=options)[0]]
        for step, action in enumerate(episode.actions.tolist()):
            seen, reward, terminated, truncated, _ = env.step(action)
            expected.append(seen)
            assert (episode.rewards[step], episode.terminations[step]) == (reward, terminated)
            left = stopped and not stop_action and step == len(episode) - 1
            assert bool(episode.truncations[step]) == (truncated or left)
        keys = expected[0] if observation == "dict" else [None]
        for key in keys:
            stored = episode.observations if key is None else episode.observations[key]
            returned = np.stack([seen if key is None else seen[key] for seen in expected])
            assert stored.dtype == returned.dtype
            assert np.array_equal(stored, returned)
    assert {bool(STOP in actions) for actions in demonstrations.actions} == {False, True}


def test_start_of_an_episode_is_what_reset_takes(minari: Any) -> None:
    demonstrations = record(RandomPens(), SETTINGS, 1, seed=7)
    write_minari(demonstrations, ID)
    dataset = minari.load_dataset(ID)
    (metadata,) = dataset.storage.get_episode_metadata([0])
    options = {"index": int(metadata["options"]["index"]), "start": metadata["options"]["start"].tolist()}
    env = gymnasium.make("cutout_rl/CutOut-v0", **asdict(SETTINGS))
    assert np.array_equal(env.reset(options=options)[0], dataset[0].observations[0])


def test_commands_write_and_clone_a_dataset(minari: Any, run: Run, tmp_path: Path) -> None:
    recording = ("--episodes", 2, "--player", "random", "--out", f"minari:{ID}", *TINY_GAME)
    outcome = run("agents.demonstrate", *recording)
    assert outcome.status == 0, outcome
    assert f"--demonstrations minari:{ID}" in outcome.out.replace("\n", " ")
    cloning = ("--algo", "bc", "--demonstrations", f"minari:{ID}", "--total-timesteps", 20, "--n-envs", 2)
    rest = (*TINY_GAME, *TINY_PRIOR, "--eval-images", 1, "--test-images", 0, "--out")
    assert run("train", *cloning, *rest, tmp_path / "run").status == 0
    # Before it plays.
    assert_one_sentence(run("agents.demonstrate", *recording), "already")
    assert_one_sentence(run("agents.demonstrate", "--out", "minari:../elsewhere", *TINY_GAME), "no ID")
    missing = run("train", *cloning[:3], "minari:cutout/none-v0", *rest, tmp_path / "other")
    assert_one_sentence(missing, "no Minari dataset cutout/none-v0")


def test_what_does_not_fit_is_refused(minari: Any, tmp_path: Path) -> None:
    assert "made no move" in refusal_of(lambda: write_minari(record(StillPens(), SETTINGS, 1), ID))
    folder = make_folder(tmp_path / "data")
    demonstrations = record(RandomPens(), replace(SETTINGS, data=str(folder)), 2)
    for image in (folder / "images").iterdir():
        image.rename(image.with_name(f"other-{image.name}"))
    for mask in (folder / "masks").iterdir():
        mask.rename(mask.with_name(f"other-{mask.name}"))
    assert "restore the images" in refusal_of(lambda: write_minari(demonstrations, ID))
    assert not list((tmp_path / "minari").glob("**/main_data.hdf5"))


@pytest.mark.parametrize("lost", ["observation_space", "algorithm_name", "env_spec"])
def test_dataset_of_another_origin_is_refused(minari: Any, tmp_path: Path, lost: str) -> None:
    write_minari(record(RandomPens(), SETTINGS, 1), ID)
    path = tmp_path / "minari" / ID / "data" / "metadata.json"
    metadata = json.loads(path.read_text())
    del metadata[lost]
    path.write_text(json.dumps(metadata))
    assert "not written by cutout_rl" in refusal_of(lambda: read_minari(ID))
    path.with_name("main_data.hdf5").write_bytes(b"no HDF5")
    assert ID in refusal_of(lambda: read_minari(ID))
