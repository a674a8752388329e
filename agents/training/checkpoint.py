"""Checkpoints: one safetensors file, never a pickle."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import safetensors.torch
import torch
from torch import Tensor

from cutout_rl.agents.training.optimizer_tensors import load_optimizer_tensors, optimizer_tensors
from cutout_rl.utils.atomic_write import replacing
from cutout_rl.utils.errors import CutOutError

_POLICY = "policy."
_OPTIMIZER = "optimizer."
_EXTRA = "extra."
# Placeholder in the header while the SHA-256 of the whole file is computed, then replaced by it.
_NO_DIGEST: Final = "0" * 64


def copy_tensors(
    policy: torch.nn.Module,
    optimizer: torch.optim.Optimizer | None = None,
    extra: Mapping[str, Tensor] | None = None,
) -> dict[str, Tensor]:
    """Copy a policy's weights, an optimizer's per-parameter state, and further named tensors to the CPU."""
    tensors = {_POLICY + name: tensor for name, tensor in _weights(policy).items()}
    if optimizer is not None:
        tensors |= {_OPTIMIZER + name: tensor for name, tensor in optimizer_tensors(optimizer).items()}
    tensors |= {_EXTRA + name: tensor for name, tensor in (extra or {}).items()}
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
    path: Path, policy: torch.nn.Module, optimizer: torch.optim.Optimizer | None = None
) -> dict[str, Any]:
    """Load a checkpoint into a policy, and into an optimizer if one is given.

    Args:
        path: of the `.safetensors` file.
        policy: module to load the weights into.
        optimizer: optimizer to load the per-parameter state into.

    Returns:
        The record of the header.

    Raises:
        CutOutError: the file is missing, damaged, not a checkpoint, or of another network.
    """
    tensors, record = read_checkpoint(path)
    _load_weights(path, policy, part_of(tensors, _POLICY))
    if optimizer is not None:
        load_optimizer_tensors(optimizer, part_of(tensors, _OPTIMIZER))
    return record


def load_submodule(path: Path, module: torch.nn.Module, name: str) -> None:
    """Load the weights of one submodule of a checkpoint's policy.

    Args:
        path: of the `.safetensors` file.
        module: to load the weights into.
        name: of the submodule, the same at any depth.

    Raises:
        CutOutError: the file is missing, damaged, not a checkpoint, or of a policy without this submodule.
    """
    tensors, _ = read_checkpoint(path)
    weights = {}
    for key, tensor in part_of(tensors, _POLICY).items():
        _, found, weight = f".{key}".partition(f".{name}.")
        if found:
            weights[weight] = tensor
    _load_weights(path, module, weights)


def _load_weights(path: Path, module: torch.nn.Module, weights: Mapping[str, Tensor]) -> None:
    own = _weights(module)
    if {name: tensor.shape for name, tensor in weights.items()} != {name: tensor.shape for name, tensor in own.items()}:
        raise CutOutError(
            f"The checkpoint {path} belongs to another network than the run's settings describe;"
            " use the same network for both runs, or restore run.json."
        )
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(weights[name])


def load_extra_tensors(path: Path) -> dict[str, Tensor]:
    """Return the further tensors of a checkpoint (`copy_tensors`).

    Raises:
        CutOutError: the file is missing, damaged or not a checkpoint.
    """
    tensors, _ = read_checkpoint(path)
    return part_of(tensors, _EXTRA)


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


def part_of(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the tensors whose names begin with a prefix, without it."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _weights(policy: torch.nn.Module) -> dict[str, Tensor]:
    # Unlike state_dict, these list a tensor that two modules share once; safetensors refuses to write it twice.
    return {**dict(policy.named_parameters()), **dict(policy.named_buffers())}
