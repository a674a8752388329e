"""Checkpoints: one safetensors file, never a pickle."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from cutout_rl.errors import CutOutError
from cutout_rl.files import replacing

_POLICY = "policy."
_OPTIMIZER = "optimizer."


def save_checkpoint(
    path: Path,
    policy: torch.nn.Module,
    progress: Mapping[str, float],
    optimizer: torch.optim.Optimizer | None = None,
) -> None:
    """Write weights, and the optimizer's state if it is given, to one file, whole or not at all.

    Args:
        path: of the `.safetensors` file.
        policy: whose state is kept.
        progress: numbers that go into the file's header as text.
        optimizer: whose per-parameter state is kept.

    Raises:
        CutOutError: the file cannot be written; an older one stays whole.
    """
    tensors = {_POLICY + name: tensor for name, tensor in _weights(policy).items()}
    if optimizer is not None:
        for index, state in optimizer.state_dict()["state"].items():
            tensors |= {f"{_OPTIMIZER}{index}.{key}": torch.as_tensor(value) for key, value in state.items()}
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    try:
        with replacing(path) as temporary:
            save_file(tensors, temporary, {key: repr(float(value)) for key, value in progress.items()})
    except SafetensorError as error:  # safetensors hides the operating system's error in its own
        raise CutOutError(f"Cannot write {path} ({error}); make room or name another folder by --out.") from None


def load_checkpoint(
    path: Path, policy: torch.nn.Module, optimizer: torch.optim.Optimizer | None = None
) -> dict[str, float]:
    """Read a checkpoint into a policy, and into an optimizer if one is given.

    Returns:
        The numbers of the header.

    Raises:
        CutOutError: the file is missing or damaged, or belongs to another network.
    """
    if not path.exists():
        raise CutOutError(f"There is no checkpoint {path}; name a run that was trained.")
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - the file is no mapping
            progress = {key: float(value) for key, value in (file.metadata() or {}).items() if key != "format"}
    except (SafetensorError, ValueError, OSError) as error:
        raise CutOutError(f"The checkpoint {path} is damaged ({error}); restore it or train again.") from None
    weights = {name.removeprefix(_POLICY): tensor for name, tensor in tensors.items() if name.startswith(_POLICY)}
    own = _weights(policy)
    if {name: tensor.shape for name, tensor in weights.items()} != {name: tensor.shape for name, tensor in own.items()}:
        raise CutOutError(
            f"The checkpoint {path} belongs to another network than the run's settings describe;"
            " give both runs the same network, or restore run.json."
        )
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(weights[name])
    if optimizer is not None:
        _load_optimizer(optimizer, tensors)
    return progress


def _weights(policy: torch.nn.Module) -> dict[str, Tensor]:
    # Unlike state_dict, these name a tensor that two modules share once, and safetensors refuses to write it twice.
    return {**dict(policy.named_parameters()), **dict(policy.named_buffers())}


def _load_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    state: dict[int, dict[str, Any]] = {}
    for name, tensor in tensors.items():
        if name.startswith(_OPTIMIZER):
            index, key = name.removeprefix(_OPTIMIZER).split(".", 1)
            state.setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
