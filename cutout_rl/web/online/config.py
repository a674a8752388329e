"""Settings of the network's training that users change at run time."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from cutout_rl.utils.errors import CutOutError

LAYERS: Final = 7
KERNEL: Final = 3  # px, the side of every convolution
SIDE: Final = 64  # px, the longer side of the network's input

BOUNDS: Final[dict[str, tuple[float, float]]] = {
    "learning_rate": (1e-5, 1e-1),
    "weight_decay": (0.0, 1.0),
    "batch_size": (1, 32),
    "dilation": (1, 8),
}


@dataclass(frozen=True)
class LearningSettings:
    """Settings that can be changed at any time without new weights.

    Attributes:
        training: whether training runs.
        learning_rate: of AdamW, 1e-5 to 0.1.
        weight_decay: of AdamW, 0 to 1.
        batch_size: images per step, 1 to 32.
        dilation: of every convolution, in px, 1 to 8.
    """

    training: bool = False
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    batch_size: int = 4
    dilation: int = 2

    def changed(self, changes: Mapping[str, object]) -> "LearningSettings":
        """Return the settings with some of them replaced.

        Raises:
            CutOutError: there is no such setting, or the value is invalid.
        """
        values: dict[str, Any] = asdict(self)
        kinds = {field.name: type(values[field.name]) for field in fields(self)}
        for name, value in changes.items():
            if name not in values:
                raise CutOutError(f"The network has no setting {name[:40]!r}; choose from: {', '.join(values)}.")
            values[name] = _checked(name, value, kinds[name])
        return LearningSettings(**values)


def _checked(name: str, value: object, kind: type) -> bool | int | float:
    if kind is bool:
        if not isinstance(value, bool):
            raise CutOutError(f"{name} must be true or false.")
        return value
    low, high = BOUNDS[name]
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise CutOutError(f"{name} must be a number.")
    if not low <= value <= high or (kind is int and value != int(value)):
        raise CutOutError(f"{name} must be {'a whole number ' if kind is int else ''}from {low:g} to {high:g}.")
    return int(value) if kind is int else float(value)


def receptive_field(dilation: int) -> int:
    """Return the side of the receptive field, in px of the network's input."""
    return 1 + LAYERS * (KERNEL - 1) * dilation
