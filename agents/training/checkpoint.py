"""Checkpoints: one safetensors file, never a pickle."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import safetensors.torch
import torch
from torch import Tensor

from cutout_rl.utils.atomic_write import replacing
from cutout_rl.utils.errors import CutOutError

_POLICY = "policy."
_OPTIMIZER = "optimizer."
# Stands in the header while the SHA-256 of the whole file is taken, and gives way to it.
_NO_DIGEST: Final = "0" * 64


def copy_tensors(policy: torch.nn.Module, optimizer: torch.optim.Optimizer | None = None) -> dict[str, Tensor]:
    """Copy a policy's weights, and an optimizer's per-parameter state, to the CPU."""
    tensors = {_POLICY + name: tensor for name, tensor in _weights(policy).items()}
    if optimizer is not None:
        for index, state in optimizer.state_dict()["state"].items():
            tensors |= {f"{_OPTIMIZER}{index}.{key}": torch.as_tensor(value) for key, value in state.items()}
    return {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}


def write_checkpoint(path: Path, tensors: dict[str, Tensor], record: Mapping[str, Any]) -> None:
    """Write what `copy_tensors` gave to one file, whole or not at all.

    Args:
        path: of the `.safetensors` file.
        tensors: to write.
        record: JSON-able; goes into the file's header.

    Raises:
        OSError: the file cannot be written; an older one stays whole.
    """
    # One entry, as safetensors writes several in random order.
    header = {"checkpoint": json.dumps({"sha256": _NO_DIGEST, "record": record})}
    content = safetensors.torch.save(tensors, header)
    with replacing(path) as temporary:
        temporary.write_bytes(content.replace(_NO_DIGEST.encode(), _sha256(content).encode(), 1))


def load_checkpoint(
    path: Path, policy: torch.nn.Module, optimizer: torch.optim.Optimizer | None = None, part: str = ""
) -> dict[str, Any]:
    """Read a checkpoint into a policy, and into an optimizer if one is given.

    Args:
        path: of the `.safetensors` file.
        policy: whose weights to replace.
        optimizer: whose per-parameter state to replace.
        part: name of the module within the checkpoint's policy that `policy` is, with a dot at its end.

    Returns:
        The record of the header.

    Raises:
        CutOutError: the file is missing, damaged or no checkpoint, or belongs to another network.
    """
    tensors, record = read_checkpoint(path)
    prefix = _POLICY + part
    weights = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
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
    return record


def read_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read the tensors and the record that `write_checkpoint` wrote.

    Raises:
        CutOutError: the file is missing, damaged or no checkpoint.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise CutOutError(f"There is no checkpoint {path}; name a run that was trained.") from None
    try:
        # The format: eight bytes of length, a JSON header, the numbers. None are believed before the sum is right.
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        checkpoint = json.loads(header["__metadata__"]["checkpoint"])
        digest = checkpoint["sha256"]
        is_whole = digest == _sha256(content.replace(digest.encode(), _NO_DIGEST.encode(), 1))
    except (KeyError, TypeError, ValueError, AttributeError):
        is_whole = False
    if not is_whole:
        raise CutOutError(
            f"The checkpoint {path} is damaged, or was not written by this version of CutOut-RL;"
            " restore it or train again."
        )
    return safetensors.torch.load(content), checkpoint["record"]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


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
