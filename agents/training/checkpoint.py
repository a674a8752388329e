"""Checkpoints: one safetensors file, never a pickle."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import safetensors.torch
import torch
from torch import Tensor

from cutout_rl.agents.training.checkpoint_file import NO_DIGEST, read_verified, sha256
from cutout_rl.agents.training.optimizer_tensors import load_optimizer_tensors, optimizer_tensors
from cutout_rl.utils.atomic_write import replacing
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.shown import shown

_POLICY = "policy."
_OPTIMIZER = "optimizer."
_EXTRA = "extra."
_LARGEST_WEIGHT: Final = 1e6  # beyond it, products of a few layers overflow


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
    header = {"checkpoint": json.dumps({"sha256": NO_DIGEST, "record": record})}
    content = safetensors.torch.save(tensors, header)
    with replacing(path) as temporary:
        temporary.write_bytes(content.replace(NO_DIGEST.encode(), sha256(content).encode(), 1))


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
        try:
            load_optimizer_tensors(optimizer, part_of(tensors, _OPTIMIZER))
        except ValueError as error:
            raise CutOutError(f"The checkpoint {path} is damaged ({error}); restore it or train again.") from None
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
    weights = {name: tensor.float() if tensor.dtype == torch.half else tensor for name, tensor in weights.items()}
    if _kinds(weights) != _kinds(own):
        raise CutOutError(
            f"The checkpoint {path} belongs to another network than the run's settings describe;"
            " use the same network for both runs, or restore run.json."
        )
    for name, tensor in weights.items():
        if tensor.is_floating_point() and not bool((tensor.abs() <= _LARGEST_WEIGHT).all()):  # NaN is in no range
            raise CutOutError(
                f"The checkpoint {path} has weights in {name!r} that are not finite or above {_LARGEST_WEIGHT:,.0f};"
                " restore it or train again."
            )
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(weights[name])


def _kinds(tensors: Mapping[str, Tensor]) -> dict[str, tuple[torch.Size, torch.dtype]]:
    return {name: (tensor.shape, tensor.dtype) for name, tensor in tensors.items()}


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
    content, record = read_verified(path)
    try:
        return safetensors.torch.load(content), record
    except (safetensors.SafetensorError, KeyError, ValueError, TypeError, RuntimeError, OverflowError) as error:
        raise CutOutError(
            f"The checkpoint {path} is damaged ({shown(str(error))}); restore it or train again."
        ) from None


@contextmanager
def restoring(path: Path) -> Iterator[None]:
    """Convert what a training state that does not fit raises into a `CutOutError` that names the checkpoint."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, RuntimeError, OverflowError, AssertionError) as error:
        raise CutOutError(
            f"The training state in {path} is damaged ({shown(str(error))}); restore it or train again."
        ) from None


def part_of(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the tensors whose names begin with a prefix, without it."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _weights(policy: torch.nn.Module) -> dict[str, Tensor]:
    # Unlike state_dict, these list a tensor that two modules share once; safetensors refuses to write it twice.
    return {**dict(policy.named_parameters()), **dict(policy.named_buffers())}
