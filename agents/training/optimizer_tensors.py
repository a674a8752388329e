"""The per-parameter state of an optimizer as named tensors."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return the state of each parameter, named "INDEX.KEY"; not copied."""
    states = optimizer.state_dict()["state"]
    return {f"{index}.{key}": torch.as_tensor(value) for index, state in states.items() for key, value in state.items()}


def load_optimizer_tensors(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Restore the result of `optimizer_tensors`.

    Raises:
        ValueError: it is not that of such an optimizer.
    """
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    state: dict[int, dict[str, Any]] = {}
    for name, tensor in tensors.items():
        index, _, key = name.partition(".")
        if not (index.isdecimal() and int(index) < len(parameters)):
            raise ValueError("state of an unknown parameter")
        if tensor.shape not in ((), parameters[int(index)].shape) or not bool(tensor.isfinite().all()):
            raise ValueError("state of another shape, or not finite")
        state.setdefault(int(index), {})[key] = tensor
    if len({frozenset(values) for values in state.values()}) > 1:
        raise ValueError("state that lacks a part")
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
