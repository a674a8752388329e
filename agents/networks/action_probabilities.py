"""The action probabilities of a policy."""

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.distributions import CategoricalDistribution
from stable_baselines3.common.policies import ActorCriticPolicy


def action_probabilities(policy: ActorCriticPolicy, inputs: NDArray[np.uint8]) -> torch.Tensor:
    """Compute the (N, actions) float32 action probabilities, on the CPU, from preprocessed observations."""
    policy.set_training_mode(False)
    with torch.no_grad():
        distribution = policy.get_distribution(torch.as_tensor(inputs, device=policy.device))
    assert isinstance(distribution, CategoricalDistribution)
    probabilities: torch.Tensor = distribution.distribution.probs.cpu()
    return probabilities
