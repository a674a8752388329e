"""Training on the current annotations, one step at a time."""

import json
import math
from pathlib import Path
from typing import Final

import numpy as np
import safetensors
import safetensors.torch
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cutout_rl.utils.atomic_write import replacing
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.online.config import LearningSettings
from cutout_rl.web.online.net import PixelNet, annotated_loss, to_input
from cutout_rl.web.online.sample import TrainingSample

_MAX_GRAD_NORM: Final = 1.0
_NET: Final = "net."
_OPTIMIZER: Final = "optimizer."


class Trainer:
    """The network, its optimizer (AdamW; Loshchilov and Hutter, ICLR 2019), and its training samples.

    Attributes:
        samples: by image name, each with at least one annotated pixel; may be changed between two steps.
        steps: since the weights were initialised.
    """

    def __init__(self, settings: LearningSettings, seed: int = 0) -> None:
        """Initialise the weights; the seed also determines the order of the samples."""
        self.samples: dict[str, TrainingSample] = {}
        self.steps = 0
        self._rng = np.random.default_rng(seed)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self._net = PixelNet(settings.dilation)
        self._optimizer = torch.optim.AdamW(self._net.parameters())
        self.set_settings(settings)

    def set_settings(self, settings: LearningSettings) -> None:
        """Continue with other settings."""
        self.settings = settings
        self._net.dilate(settings.dilation)
        for group in self._optimizer.param_groups:
            group.update(lr=settings.learning_rate, weight_decay=settings.weight_decay)

    def step(self) -> float:
        """Train on a mini-batch, half of it mirrored; every sample has the same weight.

        Returns:
            The loss before the step.

        Raises:
            CutOutError: the loss or its gradient is not finite; the weights are unchanged.
        """
        names = list(self.samples)
        chosen = self._rng.choice(len(names), min(self.settings.batch_size, len(names)), replace=False)
        self._optimizer.zero_grad()
        total = 0.0
        # One by one, because shapes differ, and a batch is no faster on a CPU.
        for index in chosen:
            sample = self.samples[names[index]]
            image, labels = to_input(sample.image), torch.as_tensor(sample.labels)
            if self._rng.random() < 0.5:
                image, labels = image.flip(-1), labels.flip(-1)
            loss = annotated_loss(self._net(image)[0], labels) / len(chosen)
            torch.autograd.backward(loss)
            total += loss.item()
        norm = nn.utils.clip_grad_norm_(self._net.parameters(), _MAX_GRAD_NORM)
        if not (math.isfinite(total) and torch.isfinite(norm)):
            raise CutOutError("The network's loss is not finite; lower the learning rate and reset the network.")
        self._optimizer.step()
        self.steps += 1
        return total

    @torch.no_grad()
    def predict(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Predict the object in a small (H, W, 3) uint8 image; (H, W) uint8, 255 stands for a probability of 1."""
        probability = self._net(to_input(image))[0].sigmoid()
        return np.asarray((probability * 255).round().to(torch.uint8).numpy())

    def save(self, path: Path) -> None:
        """Write weights, optimizer state and number of steps to a safetensors file, atomically.

        Raises:
            OSError: the file cannot be written.
        """
        tensors = {_NET + name: tensor for name, tensor in self._net.state_dict().items()}
        for index, state in self._optimizer.state_dict()["state"].items():
            tensors |= {f"{_OPTIMIZER}{index}.{key}": value for key, value in state.items()}
        content = safetensors.torch.save(
            {name: tensor.detach().contiguous() for name, tensor in tensors.items()},
            {"pixel_net": json.dumps({"steps": self.steps})},
        )
        with replacing(path) as temporary:
            temporary.write_bytes(content)

    def load(self, path: Path) -> None:
        """Read what `save` wrote.

        Raises:
            CutOutError: the file is damaged or belongs to another network.
        """
        try:
            with safetensors.safe_open(path, "pt") as file:
                steps = json.loads((file.metadata() or {})["pixel_net"])["steps"]
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
            weights = {name.removeprefix(_NET): tensor for name, tensor in tensors.items() if name.startswith(_NET)}
            state = _optimizer_state(tensors)
            self._net.load_state_dict(weights)
            self._optimizer.load_state_dict({**self._optimizer.state_dict(), "state": state})
            self.steps = int(steps)
        except (safetensors.SafetensorError, KeyError, TypeError, ValueError, RuntimeError):
            raise CutOutError(f"The network in {path} is damaged or of another shape; move the file away.") from None


def _optimizer_state(tensors: dict[str, Tensor]) -> dict[int, dict[str, Tensor]]:
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith(_OPTIMIZER):
            index, key = name.removeprefix(_OPTIMIZER).split(".", 1)
            state.setdefault(int(index), {})[key] = tensor
    return state
