"""A stopped or killed run resumes bit for bit as if it had not been interrupted; equal seeds learn equal weights."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import TINY_GAME, TINY_PRIOR, MadeOnce, rows
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvStepReturn
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from cutout_rl.agents.algorithms import prior_refinement
from cutout_rl.agents.algorithms.a2c import A2C, A2CConfig
from cutout_rl.agents.algorithms.on_policy import OnPolicy
from cutout_rl.agents.algorithms.on_policy_config import OnPolicyConfig
from cutout_rl.agents.algorithms.ppo import PPO, PPOConfig
from cutout_rl.agents.training.checkpoint import read_checkpoint
from cutout_rl.data import DataSource
from cutout_rl.game.config import GameConfig
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.utils.atomic_write import PARTIAL

# 16 steps per update, for PPO in 4 epochs of 2 batches; an episode has 5, so that games are in progress at every
# checkpoint.
SMALL: dict[str, Any] = {
    "image_size": 32,
    "observation_size": 32,
    "step_len": 6,
    "step_count": 5,
    "prior_episodes": 4,
    "prior_images": 4,
    "prior_steps": 1,
    "n_envs": 2,
    "n_steps": 8,
}
FEW: dict[str, Any] = {"eval_every": 32, "eval_images": 2, "total_timesteps": 64}
REFINED: dict[str, Any] = {**SMALL, **FEW, "prior_refinement": 2}
CASES: dict[str, tuple[OnPolicy, OnPolicyConfig]] = {
    "ppo": (PPO(), PPOConfig(**REFINED, batch_size=8)),
    "a2c": (A2C(), A2CConfig(**REFINED)),
    "ppo, prior from masks": (PPO(), PPOConfig(**REFINED, batch_size=8, prior="masks")),
    "a2c, end and stop": (A2C(), A2CConfig(**REFINED, reward="end", stop_action=True)),
}
each_case = pytest.mark.parametrize("case", CASES)


@pytest.fixture(autouse=True)
def refined_after_every_update(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prior_refinement, "REFINEMENT_INTERVAL", 16)


def make_run(path: Path) -> RunFolder:
    path.mkdir()
    return RunFolder(path)


@pytest.fixture
def straight(made_once: MadeOnce) -> Callable[[str], RunFolder]:
    """Return a function that trains a case without an interruption, once for all tests."""

    def straight(case: str) -> RunFolder:
        algorithm, config = CASES[case]
        return RunFolder(made_once(f"straight {case}", lambda folder: algorithm.train(config, make_run(folder))))

    return straight


def learnt(run: Path) -> dict[str, object]:
    """Return all that a run has written, except for times."""
    tensors, record = read_checkpoint(run / "last.safetensors")
    best, _ = read_checkpoint(run / "best.safetensors")
    for times in ("seconds", "csv_sizes"):  # the size of a row depends on its figures
        del record[times]
    curves = [rows(run / name) for name in ("metrics.csv", "validation.csv")]
    for row in chain(*curves):
        row.pop("seconds")
        row.pop("steps_per_second", None)
    history = {steps: read_checkpoint(then.best_checkpoint)[0] for steps, then in RunFolder(run).history().items()}
    bits, best_bits, *past = (
        {name: tensor.numpy().tobytes() for name, tensor in file.items()} for file in (tensors, best, *history.values())
    )
    known = {"tensors": bits, "best": best_bits, "history": dict(zip(history, past, strict=True))}
    return known | {"record": record, "metrics": curves[0], "validation": curves[1]}


def stop_in_the_third_rollout(model: OnPolicyAlgorithm) -> None:
    """Have Ctrl-C interrupt the games in the middle of their third rollout."""
    env = model.env
    assert env is not None
    step_wait, steps_left = env.step_wait, iter(range(8 + 8 + 3))

    def stopping() -> VecEnvStepReturn:
        if next(steps_left, None) is None:
            raise KeyboardInterrupt
        return step_wait()

    env.step_wait = stopping  # type: ignore[method-assign]


def stop_after_gradient_steps(model: OnPolicyAlgorithm, number: int) -> None:
    """Have Ctrl-C interrupt the training after a gradient step of the policy."""
    optimizer = model.policy.optimizer
    step, steps_left = optimizer.step, iter(range(number - 1))

    def stopping() -> None:
        step()
        if next(steps_left, None) is None:
            raise KeyboardInterrupt

    optimizer.step = stopping  # type: ignore[method-assign, assignment]


def train_and_stop(
    algorithm: OnPolicy,
    config: OnPolicyConfig,
    run: RunFolder,
    stop: Callable[[OnPolicyAlgorithm], None] = stop_in_the_third_rollout,
) -> None:
    """Train for two updates of four."""

    class Stopped(type(algorithm)):  # type: ignore[misc]
        def make_model(self, config: OnPolicyConfig, env: VecEnv) -> OnPolicyAlgorithm:
            model: OnPolicyAlgorithm = super().make_model(config, env)
            stop(model)
            return model

    with pytest.raises(KeyboardInterrupt):
        Stopped().train(config, run)
    assert read_checkpoint(run.last_checkpoint)[1]["training"]["timesteps"] == 32


@each_case
def test_resumed_run_equals_the_uninterrupted_one(
    tmp_path: Path, straight: Callable[[str], RunFolder], case: str
) -> None:
    algorithm, config = CASES[case]
    resumed = make_run(tmp_path / "resumed")
    train_and_stop(algorithm, config, resumed)
    assert learnt(resumed.path) != learnt(straight(case).path)
    algorithm.train(config, resumed)
    assert learnt(resumed.path) == learnt(straight(case).path)
    assert list(straight(case).history()) == [0, 32, 64]


@pytest.mark.parametrize(("case", "steps_per_update"), [("ppo", 4 * 2), ("a2c", 1)])
def test_run_stopped_between_gradient_steps_resumes_from_before_them(
    tmp_path: Path, straight: Callable[[str], RunFolder], case: str, steps_per_update: int
) -> None:
    algorithm, config = CASES[case]
    resumed = make_run(tmp_path / "resumed")
    # The weights and the optimizer's moments have then left the state that the checkpoint has to hold.
    train_and_stop(algorithm, config, resumed, lambda model: stop_after_gradient_steps(model, 2 * steps_per_update + 1))
    algorithm.train(config, resumed)
    assert learnt(resumed.path) == learnt(straight(case).path)


def test_train_split_is_opened_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    open_source = GameConfig.open_source

    def count(game_config: GameConfig) -> DataSource:
        opened.append(game_config.split)
        return open_source(game_config)

    monkeypatch.setattr(GameConfig, "open_source", count)
    algorithm, config = CASES["a2c"]
    algorithm.train(config, make_run(tmp_path / "run"))
    assert sorted(opened) == ["train", "val"]


def test_what_was_learnt_before_the_first_validation_is_not_learnt_again(
    tmp_path: Path, straight: Callable[[str], RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    algorithm, config = CASES["ppo"]
    uninterrupted, stopped = straight("ppo"), make_run(tmp_path / "stopped")

    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("cutout_rl.agents.training.policy_monitor.evaluate", stop)
        with pytest.raises(KeyboardInterrupt):
            algorithm.train(config, stopped)
    monkeypatch.setattr("cutout_rl.agents.algorithms.prior_factory.record_random_episodes", stop)
    algorithm.train(config, stopped)
    assert learnt(stopped.path) == learnt(uninterrupted.path)


def test_what_came_after_the_checkpoint_is_not_recorded_twice(
    tmp_path: Path, straight: Callable[[str], RunFolder]
) -> None:
    algorithm, config = CASES["ppo"]
    crashed = make_run(tmp_path / "crashed")
    train_and_stop(algorithm, config, crashed)
    early = crashed.last_checkpoint.read_bytes()
    algorithm.train(config, crashed)
    # As if the run had died before and during the writing of the next checkpoint.
    crashed.last_checkpoint.write_bytes(early)
    for folder in (crashed.path, crashed.at(32).path):
        (folder / f"{PARTIAL}1-last.safetensors").touch()
    algorithm.train(config, crashed)
    assert learnt(crashed.path) == learnt(straight("ppo").path)
    assert not list(crashed.path.rglob(".*"))
    assert tensorboard(crashed.path) == tensorboard(straight("ppo").path)


def validate(run: RunFolder, interval: int, size: int, first: int, last: int) -> None:
    for number in range(first, last):
        file = run.at(number * interval).last_checkpoint
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        os.truncate(file, size)
        run.thin_history(interval)


@pytest.mark.parametrize(
    ("size", "kept"),
    [
        (1_000_000, [*range(24)]),
        (2_000_000, [*range(0, 24, 2)]),
        (9_000_000, [*range(0, 24, 8)]),
        (40_000_000, [0]),
    ],
)
def test_weights_of_the_past_stay_small_together(tmp_path: Path, size: int, kept: list[int]) -> None:
    straight, resumed = make_run(tmp_path / "straight"), make_run(tmp_path / "resumed")
    validate(straight, 50, size, 0, 24)
    assert list(straight.history()) == [50 * number for number in kept]
    # Killed after the 20th validation, with a checkpoint from before the 7th.
    validate(resumed, 50, size, 0, 20)
    resumed.rewind({}, timesteps=6 * 50 + 20)
    assert max(resumed.history()) <= 300
    validate(resumed, 50, size, 7, 24)
    assert list(resumed.history()) == list(straight.history())


def tensorboard(run: Path) -> dict[str, list[tuple[int, float]]]:
    """Read TensorBoard's curves of a run, except for times."""
    shown = EventAccumulator(str(run / "tensorboard")).Reload()
    names = set(shown.Tags()["scalars"]) - {"time/fps", "validation/seconds"}
    return {name: [(event.step, event.value) for event in shown.Scalars(name)] for name in names}


@each_case
def test_another_seed_learns_something_else(tmp_path: Path, straight: Callable[[str], RunFolder], case: str) -> None:
    algorithm, config = CASES[case]
    run = make_run(tmp_path / "run")
    algorithm.train(replace(config, seed=1), run)
    one, other = learnt(straight(case).path), learnt(run.path)
    assert all(one[key] != other[key] for key in ("tensors", "best", "metrics"))


@pytest.mark.slow
def test_run_that_is_killed_again_and_again_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    interval = 96  # three updates of 4 games x 8 steps
    killed = tmp_path / "killed"
    flags = [
        *TINY_GAME,
        *TINY_PRIOR,
        "--algo",
        "a2c",
        "--n-envs",
        "4",
        "--n-steps",
        "8",
        "--eval-images",
        "2",
        "--test-images",
        "0",
    ]
    flags += ["--checkpoint-every", str(interval), "--eval-every", "512"]
    far = ["--total-timesteps", "1000000"]
    done = kills = 0
    while kills < 20:
        start = ["--resume", str(killed)] if (killed / "run.json").exists() else [*flags, "--out", str(killed)]
        before = size(killed / "metrics.csv")
        process = train(*start, *far)
        # One in four is killed before its first update, perhaps while loading.
        if rng.random() < 0.75:
            wait_until_it_learns(process, killed / "metrics.csv", before)
        time.sleep(rng.uniform(0, 4))
        process.kill()
        assert process.wait() == -9, "it must not end by itself"
        kills += 1
        if not (killed / "best.safetensors").exists():
            continue
        read_checkpoint(killed / "best.safetensors")
        kept = read_checkpoint(killed / "last.safetensors")[1]["training"]["timesteps"]
        assert kept >= done
        done = kept
        if (killed / "metrics.csv").exists():
            assert float(rows(killed / "metrics.csv")[-1]["timesteps"]) - kept <= interval
    assert done > interval
    total = ["--total-timesteps", str(done + 2 * interval)]
    assert train("--resume", str(killed), *total).wait() == 0
    assert train(*flags, *total, "--out", str(tmp_path / "straight")).wait() == 0
    assert learnt(killed) == learnt(tmp_path / "straight")
    assert not [path for path in killed.iterdir() if path.name.startswith(".")]


def train(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "cutout_rl.train", *arguments], stdout=subprocess.DEVNULL)


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def wait_until_it_learns(process: subprocess.Popen[bytes], metrics: Path, before: int) -> None:
    deadline = time.monotonic() + 120
    # The rows after the checkpoint are removed before new ones are written.
    while size(metrics) <= before and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
