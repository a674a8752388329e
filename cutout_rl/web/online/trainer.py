"""Learning from what has been annotated so far, one step at a time."""

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
from cutout_rl.web.online.sample import Lesson

_LONGEST_STEP: Final = 1.0  # of the gradient's norm, beyond which it is shortened
_NET: Final = "net."
_OPTIMIZER: Final = "optimizer."


class Trainer:
    """A network, its optimizer (AdamW; Loshchilov and Hutter, ICLR 2019), and the lessons to learn from.

    Attributes:
        lessons: by the image's name, each with an annotated pixel at least; may be changed between two steps.
        steps: made since the weights were drawn.
    """

    def __init__(self, settings: LearningSettings, seed: int = 0) -> None:
        """Draw new weights, from a seed that the order of the lessons follows too."""
        self.lessons: dict[str, Lesson] = {}
        self.steps = 0
        self._rng = np.random.default_rng(seed)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self._net = PixelNet(settings.dilation)
        self._optimizer = torch.optim.AdamW(self._net.parameters())
        self.change(settings)

    def change(self, settings: LearningSettings) -> None:
        """Go on with other settings."""
        self.settings = settings
        self._net.dilate(settings.dilation)
        for group in self._optimizer.param_groups:
            group.update(lr=settings.learning_rate, weight_decay=settings.weight_decay)

    def step(self) -> float:
        """Learn from a mini-batch of lessons, half of them mirrored, each of which counts alike however much it shows.

        Returns:
            The loss before the step.

        Raises:
            CutOutError: the loss is no number any more; the weights are those of before the step.
        """
        names = list(self.lessons)
        chosen = self._rng.choice(len(names), min(self.settings.batch_size, len(names)), replace=False)
        self._optimizer.zero_grad()
        total = 0.0
        # One by one, for they differ in shape, and a batch is no faster on a CPU.
        for index in chosen:
            lesson = self.lessons[names[index]]
            image, labels = to_input(lesson.image), torch.as_tensor(lesson.labels)
            if self._rng.random() < 0.5:
                image, labels = image.flip(-1), labels.flip(-1)
            loss = annotated_loss(self._net(image)[0], labels) / len(chosen)
            torch.autograd.backward(loss)
            total += loss.item()
        norm = nn.utils.clip_grad_norm_(self._net.parameters(), _LONGEST_STEP)
        if not (math.isfinite(total) and torch.isfinite(norm)):
            raise CutOutError("The network's loss is no number any more; lower the learning rate and begin anew.")
        self._optimizer.step()
        self.steps += 1
        return total

    @torch.no_grad()
    def guess(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Guess the object in a small (H, W, 3) uint8 image: (H, W) uint8, 255 where the network is sure of it."""
        chance = self._net(to_input(image))[0].sigmoid()
        return np.asarray((chance * 255).round().to(torch.uint8).numpy())

    def save(self, path: Path) -> None:
        """Write weights, the optimizer's state and the count of steps to a safetensors file, whole or not at all.

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
        """Go on from what `save` wrote.

        Raises:
            CutOutError: the file is damaged, or belongs to another network.
        """
        try:
            with safetensors.safe_open(path, "pt") as file:
                steps = json.loads((file.metadata() or {})["pixel_net"])["steps"]
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dict)
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
