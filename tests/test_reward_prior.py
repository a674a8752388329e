"""An object prior learns to see from the scores of masks alone."""

import numpy as np
import pytest
import torch
from scenes import blob_game, blob_sample
from test_object_prior import predict

from cutout_rl.agents.networks.object_prior_net import SIDE, ObjectPriorNet
from cutout_rl.agents.training.episode_buffer import Episode
from cutout_rl.agents.training.prior_augmentation import AUGMENTATIONS
from cutout_rl.agents.training.reward_prior import RewardPriorLearner
from cutout_rl.game.observation import Observer
from cutout_rl.game.reward import intersection_over_union

SCORES_OF_RANDOM_MASKS = 12


def episode(seed: int, only_the_last_score: bool = False) -> Episode:
    """Play random moves on a blob."""
    game, rng = blob_game(SIDE, seed, step_len=12, step_count=SCORES_OF_RANDOM_MASKS), np.random.default_rng(seed)
    observer = Observer("masked", SIDE, SIDE, 3)
    seen, ious = [observer.observe(game)], [game.iou]
    while not game.done:
        game.step(int(rng.integers(16)))
        seen.append(observer.observe(game))
        ious.append(game.iou)
    scores = np.array(ious, np.float32)
    if only_the_last_score:
        scores[:-1] = np.nan
    return Episode(seen[0][..., :3], np.array(game.starts, np.float32), np.stack(seen)[..., 5], scores)


def new_learner(seed: int = 0, augmentation: str = "light") -> tuple[ObjectPriorNet, RewardPriorLearner]:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    net = ObjectPriorNet()
    return net, RewardPriorLearner(net, 100, AUGMENTATIONS[augmentation], seed)


def mean_iou(net: ObjectPriorNet) -> float:
    unseen = [blob_sample(SIDE, 1000 + i) for i in range(10)]
    return float(np.mean([intersection_over_union(predict(net, s) > 127, s.mask, s.void) for s in unseen]))


@pytest.mark.parametrize(
    ("augmentation", "at_end", "floor"),
    [
        ("light", False, 0.8),
        pytest.param("strong", False, 0.8, marks=pytest.mark.slow),
        pytest.param("light", True, 0.65, marks=pytest.mark.slow),
    ],
)
def test_unseen_objects_are_found(augmentation: str, at_end: bool, floor: float) -> None:
    net, learner = new_learner(augmentation=augmentation)
    for seed in range(60):
        learner.episodes.add(episode(seed, only_the_last_score=at_end))
    assert mean_iou(net) < 0.5
    learner.learn_first(100)
    assert mean_iou(net) > floor
    assert not any(parameter.requires_grad or parameter.grad is not None for parameter in net.parameters())


def test_a_restored_learner_continues_bit_for_bit() -> None:
    net, learner = new_learner()
    for seed in range(3):
        learner.episodes.add(episode(seed))
    learner.learn_first(2)
    weights = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    tensors = {name: tensor.clone() for name, tensor in learner.tensors().items()}
    learner.learn(2, 1e-3)

    other_net, other = new_learner(seed=1)
    other_net.load_state_dict(weights)
    other.restore(tensors)
    other.learn(2, 1e-3)
    for name, tensor in net.state_dict().items():
        assert torch.equal(tensor, other_net.state_dict()[name]), name
