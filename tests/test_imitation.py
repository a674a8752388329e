"""Behavioural cloning: its parts, that it learns a rule, resumes and passes on its weights, and what it rejects."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from command_line import TINY_GAME, TINY_PRIOR, MadeOnce, Run, assert_one_sentence, rows
from numpy.typing import NDArray
from safetensors.torch import load_file

from cutout_rl.agents.algorithms.bc import BC
from cutout_rl.agents.algorithms.bc_config import BCConfig
from cutout_rl.agents.algorithms.bc_training import Learner
from cutout_rl.agents.algorithms.dagger import MAX_COST, Dagger, discounted_returns, expert_labels
from cutout_rl.agents.algorithms.policy_factory import make_policy, preprocess_for
from cutout_rl.agents.algorithms.replay_buffer import LabelledBatch, ReplayBuffer
from cutout_rl.agents.baselines.scripted import RandomPens
from cutout_rl.agents.baselines.tracing_expert import TracingExpert
from cutout_rl.agents.networks.action_probabilities import action_probabilities
from cutout_rl.agents.networks.egocentric_crops import crop_space, egocentric_crops
from cutout_rl.agents.training.seeds import game_seeds
from cutout_rl.evaluation.comparison import load_players
from cutout_rl.evaluation.evaluation import evaluate, held_out_factory
from cutout_rl.game.batch import GameBatch
from cutout_rl.runs.run_folder import RunFolder

TINY = (
    "--algo",
    "bc",
    *TINY_GAME,
    *TINY_PRIOR,
    "--n-envs",
    2,
    "--eval-images",
    2,
    "--test-images",
    2,
    "--batch-size",
    8,
)


def steps_of(inputs: NDArray[np.uint8], moves: NDArray[np.int64], returns: NDArray[np.float32]) -> LabelledBatch:
    episodes: list[Mapping[str, Any]] = []
    targets = np.eye(16, dtype=np.float32)[moves]
    progress, masks = np.zeros((len(inputs), 2), np.float32), np.ones(targets.shape, np.bool_)
    return LabelledBatch(inputs, progress, masks, targets, 1 - targets, returns, episodes)


def ruled_steps(n: int, seed: int) -> LabelledBatch:
    """Label dark crops with a bright quarter; the pen and the quarter determine move and return."""
    rng = np.random.default_rng(seed)
    crops = rng.integers(0, 60, (n, *crop_space(4).shape), dtype=np.uint8)
    pens, quarters = rng.integers(2, size=n), rng.integers(4, size=n)
    for crop, pen, quarter in zip(crops, pens, quarters, strict=True):
        row, column = 12 * (quarter // 2), 12 * (quarter % 2)
        crop[pen, row : row + 12, column : column + 12, 0] += 150
    return steps_of(crops, pens * 8 + quarters * 2, (pens - quarters / 4).astype(np.float32))


def test_a_rule_is_cloned_and_its_return_valued() -> None:
    torch.manual_seed(0)
    config = BCConfig(network="crops", replay=2000, batch_size=64, total_timesteps=20_000, replay_ratio=1.0)
    policy = make_policy(config)
    learner = Learner(config, policy, seed=0)
    for rollout in range(10):
        learner.learn(ruled_steps(1000, rollout), done=rollout / 20)
    unseen = ruled_steps(500, 99)
    chosen = action_probabilities(policy, unseen.inputs).argmax(dim=1).numpy()
    assert (chosen == unseen.targets.argmax(axis=1)).mean() > 0.97
    with torch.no_grad():
        values = policy.predict_values({"actor": torch.as_tensor(unseen.inputs), "progress": torch.zeros(500, 2)})
    assert np.corrcoef(values[:, 0], unseen.returns)[0, 1] > 0.9


def test_buffer_keeps_the_newest_steps_together() -> None:
    buffer = ReplayBuffer(10)
    for first in range(0, 28, 4):
        number = np.arange(first, first + 4)
        buffer.add(steps_of(number.astype(np.uint8)[:, None], number % 16, number.astype(np.float32)))
        assert len(buffer) == min(first + 4, 10)
    inputs, _, _, targets, costs, returns = buffer.sample(500, np.random.default_rng(0))
    assert set(returns.tolist()) == set(range(18, 28))
    assert np.array_equal(inputs[:, 0], returns)
    assert np.array_equal(targets.argmax(axis=1), returns % 16)
    assert np.array_equal(costs, 1 - targets)


def test_buffer_accepts_more_steps_than_its_capacity() -> None:
    buffer = ReplayBuffer(3)
    buffer.add(steps_of(np.arange(8, dtype=np.uint8)[:, None], np.arange(8), np.arange(8, dtype=np.float32)))
    assert set(buffer.sample(100, np.random.default_rng(0))[-1].tolist()) == {5, 6, 7}


def test_expert_labels_share_between_equals_and_avoid_what_is_worse() -> None:
    values = np.array([[1, 1, *[-1000] * 14], [0, 3, 2, *[-1000] * 13]], np.float32)
    targets, costs = expert_labels(values, 1.0, stop_action=False)
    assert targets.shape == costs.shape == (2, 16)
    assert targets.sum(axis=1) == pytest.approx(1)
    assert targets[0, :3] == pytest.approx([0.5, 0.5, 0])
    # A move worth one pixel more is e times as likely.
    assert targets[1, 1] / targets[1, 2] == pytest.approx(np.e)
    assert costs.tolist() == [[0, 0, *[MAX_COST] * 14], [3, 0, 1, *[MAX_COST] * 13]]
    assert expert_labels(values, 0.0, stop_action=False)[0].tolist() == np.eye(16)[[0, 1]].tolist()
    stopping, costs = expert_labels(np.zeros((1, 16), np.float32), 0.1, stop_action=True)
    assert stopping.shape == (1, 17)
    assert stopping[0, 16] > 0.99
    assert costs.tolist() == [[*[1] * 16, 0]]


def test_a_learner_without_information_makes_the_move_that_costs_least() -> None:
    # The first move is best in six of ten states but costly otherwise; the second is always nearly as good.
    torch.manual_seed(0)
    config = BCConfig(network="crops", replay=100, batch_size=100, total_timesteps=10_000, cost_coef=1.0)
    policy = make_policy(config)
    crops = np.zeros((100, *crop_space(4).shape), np.uint8)
    moves = np.repeat([0, 2], [60, 40])
    costs = np.full((100, 16), 20, np.float32)
    costs[np.arange(100), moves] = 0
    costs[:, 1] = 1
    steps = replace(steps_of(crops, moves, np.zeros(100, np.float32)), costs=costs)
    learner = Learner(config, policy, seed=0)
    for _ in range(50):
        learner.learn(steps, done=0.0)
    assert action_probabilities(policy, crops[:1]).argmax() == 1


def test_returns_are_discounted_to_the_end() -> None:
    rewards = np.array([[1.0, 0.0], [0.0, 0.0], [2.0, 3.0]])
    assert discounted_returns(rewards, 0.5).tolist() == [[1.5, 0.75], [1.0, 1.5], [2.0, 3.0]]


@pytest.mark.parametrize("expert", ["tracing", "blind-tracing"])
def test_the_expert_plays_alone_at_first_and_labels_every_state(expert: Any) -> None:
    config = BCConfig(
        network="crops",
        image_size=32,
        observation_size=32,
        step_len=6,
        step_count=5,
        n_envs=3,
        expert=expert,
        temperature=0.0,
    )
    policy = make_policy(config)
    dagger = Dagger(config, policy, preprocess_for(config, policy), seed=3)
    # The same games, played by the expert itself.
    twin = GameBatch(config.game_config(), 3)
    twin.reset(game_seeds(3, 3))
    steps = dagger.next_batch(0)
    assert len(steps.inputs) == len(steps.targets) == len(steps.returns) == 15
    player = TracingExpert(watch_mask=expert == "tracing")
    for step in range(5):
        assert np.array_equal(steps.inputs[3 * step : 3 * step + 3], egocentric_crops(twin.observe()))
        moves = player.act(twin.observe(), twin.games)
        assert steps.targets[3 * step : 3 * step + 3].argmax(axis=1).tolist() == moves.tolist()
        twin.step(moves)
    assert [row["iou"] for row in steps.episodes] == [game.iou for game in twin.games]
    # With the expert's share at 0, the untrained learner plays, and scores lower.
    alone = [row["iou"] for _ in range(5) for row in dagger.next_batch(config.expert_steps).episodes]
    assert np.mean(alone) < np.mean([row["iou"] for row in steps.episodes])


def test_cloning_resumes_and_fills_the_run_folder(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert run("train", *TINY, "--total-timesteps", 20, "--out", folder).status == 0
    assert [float(row["timesteps"]) for row in rows(folder / "validation.csv")] == [0, 20]
    outcome = run("train", "--resume", folder, "--total-timesteps", 40)
    assert outcome.status == 0, outcome
    assert [float(row["timesteps"]) for row in rows(folder / "metrics.csv")] == [10, 20, 30, 40]
    assert [float(row["timesteps"]) for row in rows(folder / "validation.csv")] == [0, 20, 40]
    assert (folder / "table.json").exists()
    assert (folder / "curves.png").exists()


def test_the_same_seed_clones_the_same(run: Run, tmp_path: Path) -> None:
    weights = []
    for name in ("one", "two"):
        assert run("train", *TINY, "--total-timesteps", 20, "--test-images", 0, "--out", tmp_path / name).status == 0
        weights.append(load_file(tmp_path / name / "last.safetensors"))
    assert weights[0].keys() == weights[1].keys()
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


@pytest.fixture(scope="session")
def cloned(made_once: MadeOnce) -> Path:
    """Clone for 20 steps."""
    config = BCConfig(
        image_size=32,
        observation_size=32,
        step_len=6,
        step_count=5,
        prior_images=4,
        prior_steps=1,
        n_envs=2,
        eval_images=2,
        total_timesteps=20,
    )

    def clone(folder: Path) -> None:
        run = RunFolder(folder)
        run.create(config.as_json())
        BC().train(config, run)

    return made_once("bc", clone)


@pytest.mark.parametrize("algo", ["ppo", "a2c", "bc"])
def test_every_algorithm_starts_from_what_was_cloned(run: Run, tmp_path: Path, cloned: Path, algo: str) -> None:
    first = shutil.copytree(cloned, tmp_path / "first")
    # The learning rate is near 0, so that the initial weights can still be recognised at the end.
    flags = (*TINY_GAME, *TINY_PRIOR, "--n-envs", 2, "--eval-images", 2, "--test-images", 0, "--learning-rate", 1e-12)
    rest = ("--n-steps", 8) if algo != "bc" else ()
    batch = ("--batch-size", 16) if algo == "ppo" else ()
    out = ("--init", first, "--total-timesteps", 16, "--out", tmp_path / "run")
    outcome = run("train", "--algo", algo, *flags, *rest, *batch, *out)
    assert outcome.status == 0, outcome
    before, after = load_file(cloned / "best.safetensors"), load_file(tmp_path / "run" / "last.safetensors")
    assert all(torch.allclose(after[name], tensor, atol=1e-6) for name, tensor in before.items())
    assert json.loads((tmp_path / "run" / "run.json").read_text())["config"]["init"] == str(first)
    # Resuming loads the run's own checkpoint, and does not need the first run.
    shutil.rmtree(first)
    assert run("train", "--resume", tmp_path / "run", "--total-timesteps", 32).status == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--init", "no/such/run"), ("no/such/run", "contains no run")),
        (("--demonstrations", "no/such/folder"), ("no/such/folder", "contains no demonstrations")),
        (("--temperature", -1), ("temperature is -1",)),
        (("--replay", 0), ("replay is 0",)),
        (("--replay-ratio", 0), ("replay_ratio is 0",)),
        (("--expert-steps", -1), ("expert_steps is -1",)),
        (("--batch-size", 0), ("batch_size is 0",)),
    ],
)
def test_invalid_cloning_is_refused_in_a_sentence(
    run: Run, tmp_path: Path, arguments: tuple[object, ...], said: tuple[str, ...]
) -> None:
    outcome = run("train", *TINY, *arguments, "--total-timesteps", 10, "--out", tmp_path / "run")
    assert_one_sentence(outcome, *said)


def test_another_network_cannot_be_started_from(run: Run, tmp_path: Path, cloned: Path) -> None:
    out = ("--total-timesteps", 10, "--out", tmp_path / "run")
    outcome = run("train", *TINY, "--stop-action", "--init", cloned, *out)
    assert_one_sentence(outcome, str(cloned), "another network")


@pytest.mark.slow
def test_dagger_beats_random_pens_on_faces_it_never_saw(tmp_path: Path) -> None:
    config = BCConfig(network="crops", image_size=64, step_len=9, total_timesteps=60_000, out=tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    run.create(config.as_json())
    BC().train(config, run)
    factory = held_out_factory(config.game_config(), "test")
    learnt = max(evaluate(player, factory, range(100)).final for player in load_players(BC(), config, run, "cpu"))
    assert learnt > evaluate(RandomPens(), factory, range(100)).final + 0.2
