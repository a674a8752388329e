"""Behavioural cloning learns over the moves that its agent plays with: those that mark a pixel."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from cutout_rl.agents.algorithms.bc_config import BCConfig
from cutout_rl.agents.algorithms.bc_training import Learner
from cutout_rl.agents.algorithms.dagger import Dagger
from cutout_rl.agents.algorithms.demonstration_dataset import DemonstrationDataset
from cutout_rl.agents.algorithms.policy_factory import make_policy, preprocess_for
from cutout_rl.agents.algorithms.replay_buffer import LabelledBatch
from cutout_rl.agents.baselines.scripted import StillPens
from cutout_rl.evaluation.demonstrations import record, save
from cutout_rl.game.game import Game

EAST = 2
SMALL: dict[str, Any] = {"network": "crops", "image_size": 48, "observation_size": 48, "step_len": 12}


class EastWithThePen(StillPens):
    """Moves the inside pen east, also where it marks nothing at the border."""

    def act(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        return np.full(len(games), EAST)


@pytest.mark.parametrize("stop_action", [False, True])
@pytest.mark.parametrize("expert_steps", [0, 10_000], ids=["learner", "expert"])
def test_the_expert_labels_moves_that_mark_a_pixel(stop_action: bool, expert_steps: int) -> None:
    config = BCConfig(**SMALL, n_envs=8, step_count=40, stop_action=stop_action, expert_steps=expert_steps)
    policy = make_policy(config)
    dagger = Dagger(config, policy, preprocess_for(config, policy), seed=1)
    expected = []
    act = dagger._batch.step

    def watch(moves: NDArray[np.int64]) -> Any:
        masks = np.array([game.action_mask() for game in dagger._batch.games])
        assert masks[np.arange(len(moves)), moves].all()  # by learner and expert alike
        expected.append(masks)
        return act(moves)

    dagger._batch.step = watch
    steps = dagger.next_batch(0)
    assert np.array_equal(steps.masks, np.concatenate(expected))
    assert (~steps.masks).sum() > 100
    assert (steps.targets[~steps.masks] == 0).all()
    assert steps.targets.sum(axis=1) == pytest.approx(1)
    assert np.isfinite(steps.costs).all()


def test_a_persons_wasted_move_is_learnt_and_other_wasted_moves_are_excluded(tmp_path: Path) -> None:
    config = BCConfig(**SMALL, step_count=20, n_envs=4, demonstrations=str(tmp_path))
    demonstrations = record(EastWithThePen(), config.game_config(), 4)
    save(demonstrations, tmp_path)
    policy = make_policy(config)
    steps = DemonstrationDataset(config, preprocess_for(config, policy), seed=0).next_batch(0)
    labels = steps.targets.argmax(axis=1)
    assert (labels == EAST).all()
    assert steps.masks[:, EAST].all()
    by_rule = []
    factory = DemonstrationDataset(config, preprocess_for(config, policy), seed=0)._factory
    for episode in steps.history:
        games = demonstrations.replay(episode, factory)
        by_rule += [game.action_mask() for game, _ in zip(games, range(20), strict=False)]
    wasted = ~np.array(by_rule)
    assert wasted[:, EAST].sum() > 20  # so that the label would have been excluded
    wasted[:, EAST] = False
    assert np.array_equal(steps.masks, ~wasted)
    losses = Learner(config, policy, seed=0).learn(steps, done=0.0)
    assert all(np.isfinite(loss) for loss in losses.values())
    assert losses["cross_entropy"] < 10
    assert all(torch.isfinite(weights).all() for weights in policy.parameters())


def test_the_losses_are_those_of_the_masked_distribution() -> None:
    rng = np.random.default_rng(0)
    config = replace(BCConfig(**SMALL), batch_size=64, replay=64, replay_ratio=1.0)
    policy = make_policy(config)
    n, n_actions = 64, 16
    masks = rng.random((n, n_actions)) < 0.6
    masks[:, 3] = True
    targets = softmax(np.where(masks, rng.normal(size=(n, n_actions)), -np.inf), axis=1).astype(np.float32)
    costs = rng.random((n, n_actions)).astype(np.float32)
    inputs = rng.integers(0, 256, (n, *policy.observation_space["actor"].shape), dtype=np.uint8)
    progress = rng.random((n, 2)).astype(np.float32)
    returns = rng.random(n).astype(np.float32)
    learner = Learner(config, policy, seed=0)
    learner._buffer.add(LabelledBatch(inputs, progress, masks, targets, costs, returns, []))
    with torch.no_grad():
        seen = {"actor": torch.as_tensor(inputs), "progress": torch.as_tensor(progress)}
        logits = policy.get_distribution(seen).distribution.logits.double().numpy()
    drawn = learner._rng.bit_generator.state
    picked = learner._rng.integers(n, size=64)
    learner._rng.bit_generator.state = drawn
    cross_entropy, cost, _ = learner._step()
    # Over the allowed actions alone, one state at a time.
    expected = []
    for row in picked:
        allowed = masks[row]
        own = logits[row, allowed]
        expected.append((-targets[row, allowed] @ log_softmax(own), softmax(own) @ costs[row, allowed]))
    assert (cross_entropy, cost) == pytest.approx(tuple(np.mean(expected, axis=0)), rel=1e-4)
