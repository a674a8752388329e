"""Demonstrations: what is written comes back exactly, replays exactly, can be cloned, and is refused where damaged."""

import json
import runpy
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import TINY_GAME, TINY_PRIOR, Run, assert_one_sentence, make_folder, refusal_of
from numpy.typing import NDArray

from cutout_rl.agents.algorithms.bc_config import BCConfig
from cutout_rl.agents.algorithms.dagger import discounted_returns
from cutout_rl.agents.algorithms.demonstration_dataset import SHARED, DemonstrationDataset
from cutout_rl.agents.baselines.scripted import RandomPens, StillPens
from cutout_rl.agents.demonstrate import cloning_command
from cutout_rl.agents.networks.egocentric_crops import egocentric_crops
from cutout_rl.evaluation.demonstrations import Demonstrations, load, record, save
from cutout_rl.game.config import GameConfig
from cutout_rl.game.factory import GameFactory
from cutout_rl.game.game import Game
from cutout_rl.game.reward import RewardKind
from cutout_rl.game.rules import STOP
from cutout_rl.utils.errors import CutOutError

SETTINGS = GameConfig(image_size=32, observation="layers", step_len=6, step_count=5, reward="iou")


class LeavesAfterThree:
    """Player that makes three moves and stops."""

    label = "leaves after three"
    sees_truth = False

    def act(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        return np.array([(1, 9, 2, STOP)[game.step_count] for game in games])


@pytest.fixture(scope="module")
def demonstrations() -> Demonstrations:
    return record(RandomPens(), SETTINGS, 3, seed=7)


def test_what_was_written_is_read(demonstrations: Demonstrations, tmp_path: Path) -> None:
    save(demonstrations, tmp_path / "new")
    again = load(tmp_path / "new")
    assert (again.player, again.game_config, again.names) == ("random pens", SETTINGS, demonstrations.names)
    for name in ("index", "seed", "start", "actions", "iou"):
        assert np.array_equal(getattr(again, name), getattr(demonstrations, name))
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["demonstrations.json", "demonstrations.npz"]


class Watched(RandomPens):
    """Keeps what it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[NDArray[np.uint8]] = []

    def act(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        self.shown.append(observations)
        return super().act(observations, games)


def test_replay_shows_what_the_player_saw_and_scores_as_it_did(tmp_path: Path) -> None:
    player = Watched()
    save(record(player, SETTINGS, 3, seed=7), tmp_path)
    demonstrations = load(tmp_path)
    factory = GameFactory(demonstrations.game_config)
    for episode in range(3):
        ious = []
        for step, game in enumerate(demonstrations.replay(episode, factory)):
            ious.append(game.iou)
            if step < SETTINGS.step_count:
                assert np.array_equal(factory.observer.observe(game), player.shown[step][episode])
        assert ious == demonstrations.iou[episode].tolist()


def test_command_records_what_cloning_takes(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--player", "one-step-oracle", "--episodes", "2", "--out", str(tmp_path / "kept"), *TINY_GAME]
    monkeypatch.setattr(sys, "argv", ["demonstrate", *arguments])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("cutout_rl.agents.demonstrate", run_name="__main__")
    assert ended.value.code == 0
    assert "2 episodes of one-step oracle" in capfd.readouterr().out
    assert load(tmp_path / "kept").game_config.step_len == 6
    cloning = ("--algo", "bc", "--demonstrations", tmp_path / "kept", "--total-timesteps", 20)
    rest = (*TINY_GAME, *TINY_PRIOR, "--n-envs", 2, "--eval-images", 1, "--test-images", 0)
    assert run("train", *cloning, *rest, "--out", tmp_path / "run").status == 0
    outcome = run("train", *cloning, *rest, "--step-len", 7, "--out", tmp_path / "other")
    assert_one_sentence(outcome, "step_len 6", "--step-len")


def test_a_player_that_leaves_has_made_no_moves() -> None:
    demonstrations = record(StillPens(), SETTINGS, 1)
    assert demonstrations.actions.tolist() == [[STOP] * 5]
    assert demonstrations.moves(0) == []
    assert len(list(demonstrations.replay(0, GameFactory(SETTINGS)))) == 1


def test_images_are_played_again_from_other_start_points(tmp_path: Path) -> None:
    game_config = replace(SETTINGS, data=str(make_folder(tmp_path / "data")))
    demonstrations = record(RandomPens(), game_config, 5)
    assert demonstrations.index.tolist() == [0, 1, 0, 1, 0]
    assert demonstrations.seed.tolist() == [0, 0, 1, 1, 2]
    assert len({demonstrations.start[episode].tobytes() for episode in (0, 2, 4)}) == 3


def test_images_of_another_class_or_bank_are_not_cloned(demonstrations: Demonstrations, tmp_path: Path) -> None:
    banked = replace(demonstrations, game_config=replace(SETTINGS, bank=4))
    save(banked, tmp_path)
    command = cloning_command(str(tmp_path), banked.game_config)
    assert "--bank 4" in command
    of_class = replace(SETTINGS, data="DIR", masks_class=15, masks_frame="stored")
    assert "--masks-class 15 --masks-frame stored" in cloning_command("DEMO", of_class)
    config = BCConfig(**{**shared(SETTINGS), "bank": 0}, demonstrations=str(tmp_path))
    assert "bank 4" in refusal_of(lambda: DemonstrationDataset(config, egocentric_crops, 0))


def test_masks_of_another_segmenter_are_not_cloned(demonstrations: Demonstrations, tmp_path: Path) -> None:
    textbook = replace(demonstrations, game_config=replace(SETTINGS, segmenter="textbook"))
    save(textbook, tmp_path)
    assert "--segmenter textbook" in cloning_command(str(tmp_path), textbook.game_config)
    config = BCConfig(**shared(SETTINGS), demonstrations=str(tmp_path))
    assert "segmenter textbook" in refusal_of(lambda: DemonstrationDataset(config, egocentric_crops, 0))


@pytest.mark.parametrize("stop_action", [False, True])
def test_a_stop_is_cloned_where_the_run_has_the_action(tmp_path: Path, stop_action: bool) -> None:
    player = LeavesAfterThree()
    save(record(player, replace(SETTINGS, stop_action=True), 2), tmp_path)
    config = BCConfig(**shared(SETTINGS), stop_action=stop_action, demonstrations=str(tmp_path), reward="iou", gamma=1)
    steps = DemonstrationDataset(config, lambda observations: observations, 0).next_batch(0)
    expected = [1, 9, 2, STOP][: 3 + stop_action]
    assert steps.targets.argmax(axis=1).tolist() == 2 * expected
    assert (steps.masks & (steps.targets > 0)).any(axis=1).all()
    assert steps.progress[:, 1].tolist() == pytest.approx(2 * [1 - t / 5 for t in range(len(expected))])
    iou = steps.progress[: len(expected), 0]
    # The reward is the IoU after each action; a stop does not change it.
    rewards = [*iou[1:], steps.returns[len(expected) - 1]]
    assert steps.returns[: len(expected)] == pytest.approx(np.cumsum(rewards[::-1])[::-1], abs=1e-5)
    assert not stop_action or steps.returns[3] == pytest.approx(iou[3])


def shared(game_config: GameConfig) -> dict[str, Any]:
    """Return the settings that demonstrations and their clone share."""
    return {name: getattr(game_config, name) for name in SHARED}


def test_images_that_changed_are_refused(demonstrations: Demonstrations, tmp_path: Path) -> None:
    factory = GameFactory(replace(SETTINGS, data=str(make_folder(tmp_path / "data"))))
    with pytest.raises(CutOutError, match=f"no longer '{demonstrations.names[0]}'"):
        next(demonstrations.replay(0, factory))


def test_demonstrations_without_moves_cannot_be_cloned(tmp_path: Path) -> None:
    save(record(StillPens(), SETTINGS, 2), tmp_path)
    config = BCConfig(image_size=32, observation_size=32, step_len=6, step_count=5, demonstrations=str(tmp_path))
    with pytest.raises(CutOutError, match="contain no moves"):
        DemonstrationDataset(config, egocentric_crops, seed=0)


@pytest.mark.parametrize("reward", ["delta", "iou", "end"])
def test_recorded_steps_are_those_that_were_played(tmp_path: Path, reward: RewardKind) -> None:
    player = Watched()
    demonstrations = record(player, SETTINGS, 3)
    save(demonstrations, tmp_path)
    config = BCConfig(
        image_size=32,
        observation_size=32,
        step_len=6,
        step_count=5,
        demonstrations=str(tmp_path),
        observation="layers",
        reward=reward,
        gamma=1.0,
    )
    steps = DemonstrationDataset(config, egocentric_crops, seed=0).next_batch(0)
    assert len(steps.inputs) == 15
    order = []
    for first in (0, 5, 10):
        views, targets, returns = (part[first : first + 5] for part in (steps.inputs, steps.targets, steps.returns))
        seen = [[egocentric_crops(shown[episode][None])[0] for shown in player.shown] for episode in range(3)]
        (episode,) = (episode for episode in range(3) if np.array_equal(views, seen[episode]))
        order.append(episode)
        assert targets.argmax(axis=1).tolist() == demonstrations.actions[episode].tolist()
        iou = demonstrations.iou[episode]
        expected = {"delta": iou[-1] - iou[:-1], "iou": iou[:0:-1].cumsum()[::-1], "end": np.full(5, iou[-1])}
        assert returns == pytest.approx(expected[reward], abs=1e-5)
    assert sorted(order) == [0, 1, 2]


def test_shaped_returns_of_recorded_steps_are_those_of_the_game(tmp_path: Path) -> None:
    demonstrations = record(RandomPens(), SETTINGS, 3)
    save(demonstrations, tmp_path)
    small: dict[str, Any] = {"image_size": 32, "observation_size": 32, "step_len": 6, "step_count": 5}
    config = BCConfig(**small, n_envs=1, demonstrations=str(tmp_path), reward="shaped", gamma=0.9)
    assert config.game_config().shaping_gamma == 0.9
    factory = GameFactory(replace(config.game_config(), split=demonstrations.game_config.split))
    expected = []
    for episode in range(3):
        game = next(demonstrations.replay(episode, factory))
        rewards = [game.step(move).reward for move in demonstrations.moves(episode)]
        expected.append(discounted_returns(np.array(rewards)[:, None], 0.9)[:, 0].tolist())
    dataset = DemonstrationDataset(config, lambda observations: observations, seed=0)
    returns = [dataset.next_batch(0).returns.tolist() for _ in range(3)]
    assert sorted(returns) == pytest.approx(np.array(sorted(expected)), abs=1e-6)


def cut_arrays(folder: Path) -> None:
    file = folder / "demonstrations.npz"
    file.write_bytes(file.read_bytes()[:-100])


def cut_record(folder: Path) -> None:
    (folder / "demonstrations.json").write_text('{"version": 1')


def lose_arrays(folder: Path) -> None:
    (folder / "demonstrations.npz").unlink()


def other_shape(folder: Path) -> None:
    change(folder, lambda record: record["names"].pop())


def other_setting(folder: Path) -> None:
    change(folder, lambda record: record["settings"].update(no_such_setting=1))


def other_version(folder: Path) -> None:
    change(folder, lambda record: record.update(version=2))


def change(folder: Path, how: Callable[[dict[str, Any]], object]) -> None:
    record = json.loads((folder / "demonstrations.json").read_text())
    how(record)
    (folder / "demonstrations.json").write_text(json.dumps(record))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (cut_arrays, "damaged"),
        (cut_record, "damaged"),
        (lose_arrays, "contains no demonstrations"),
        (other_shape, "damaged"),
        (other_setting, "damaged"),
        (other_version, "version 2"),
    ],
)
def test_damaged_demonstrations_are_refused_in_a_sentence(
    demonstrations: Demonstrations, tmp_path: Path, damage: Callable[[Path], None], said: str
) -> None:
    save(demonstrations, tmp_path)
    damage(tmp_path)
    with pytest.raises(CutOutError, match=said) as caught:
        load(tmp_path)
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)
