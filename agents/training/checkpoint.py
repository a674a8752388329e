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
# Placeholder in the header while the SHA-256 of the whole file is computed, then replaced by it.
_NO_DIGEST: Final = "0" * 64


def copy_tensors(policy: torch.nn.Module, optimizer: torch.optim.Optimizer | None = None) -> dict[str, Tensor]:
    """Copy a policy's weights, and an optimizer's per-parameter state, to the CPU."""
    tensors = {_POLICY + name: tensor for name, tensor in _weights(policy).items()}
    if optimizer is not None:
        for index, state in optimizer.state_dict()["state"].items():
            tensors |= {f"{_OPTIMIZER}{index}.{key}": torch.as_tensor(value) for key, value in state.items()}
    return {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}


def write_checkpoint(path: Path, tensors: dict[str, Tensor], record: Mapping[str, Any]) -> None:
    """Write the result of `copy_tensors` to one file, atomically.

    Args:
        path: of the `.safetensors` file.
        tensors: to write.
        record: JSON-able, written to the file's header.

    Raises:
        OSError: the file cannot be written; an older one is unchanged.
    """
    # A single entry, because safetensors writes several in random order.
    header = {"checkpoint": json.dumps({"sha256": _NO_DIGEST, "record": record})}
    content = safetensors.torch.save(tensors, header)
    with replacing(path) as temporary:
        temporary.write_bytes(content.replace(_NO_DIGEST.encode(), _sha256(content).encode(), 1))


def load_checkpoint(
    path: Path, policy: torch.nn.Module, optimizer: torch.optim.Optimizer | None = None, part: str = ""
) -> dict[str, Any]:
    """Load a checkpoint into a policy, and into an optimizer if one is given.

    Args:
        path: of the `.safetensors` file.
        policy: module to load the weights into.
        optimizer: optimizer to load the per-parameter state into.
        part: name, ending with a dot, of the checkpoint's submodule to load; by default the whole policy.

    Returns:
        The record of the header.

    Raises:
        CutOutError: the file is missing, damaged, not a checkpoint, or of another network.
    """
    tensors, record = read_checkpoint(path)
    prefix = _POLICY + part
    weights = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    own = _weights(policy)
    if {name: tensor.shape for name, tensor in weights.items()} != {name: tensor.shape for name, tensor in own.items()}:
        raise CutOutError(
            f"The checkpoint {path} belongs to another network than the run's settings describe;"
            " use the same network for both runs, or restore run.json."
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
        CutOutError: the file is missing, damaged or not a checkpoint.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise CutOutError(f"There is no checkpoint {path}; name a run that was trained.") from None
    try:
        # The format: eight bytes of length, a JSON header, the numbers. The checksum is verified first.
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
    # Unlike state_dict, these list a tensor that two modules share once; safetensors refuses to write it twice.
    return {**dict(policy.named_parameters()), **dict(policy.named_buffers())}


def _load_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    state: dict[int, dict[str, Any]] = {}
    for name, tensor in tensors.items():
        if name.startswith(_OPTIMIZER):
            index, key = name.removeprefix(_OPTIMIZER).split(".", 1)
            state.setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
