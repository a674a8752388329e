"""The action probabilities of a policy."""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.distributions import CategoricalDistribution
from stable_baselines3.common.policies import ActorCriticPolicy

from cutout_rl.utils.errors import CutOutError

_NOT_FINITE: Final = "The network's outputs are not finite; restore its checkpoint or train again."


def action_probabilities(policy: ActorCriticPolicy, inputs: NDArray[np.uint8]) -> torch.Tensor:
    """Compute the (N, actions) float32 action probabilities, on the CPU, from preprocessed observations.

    Raises:
        CutOutError: they are not finite.
    """
    policy.set_training_mode(False)
    try:
        with torch.no_grad():
            distribution = policy.get_distribution(torch.as_tensor(inputs, device=policy.device))
    except ValueError:  # torch's own check of the distribution
        raise CutOutError(_NOT_FINITE) from None
    assert isinstance(distribution, CategoricalDistribution)
    probabilities: torch.Tensor = distribution.distribution.probs.cpu()
    if not bool(probabilities.isfinite().all()):
        raise CutOutError(_NOT_FINITE)
    return probabilities
