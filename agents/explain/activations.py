"""Activations of the convolutional layers of a policy for one observation."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import nn

from cutout_rl.agents.networks.action_probabilities import action_probabilities
from cutout_rl.agents.networks.egocentric_crops import Preprocess
from cutout_rl.agents.networks.object_prior import PriorCrops
from cutout_rl.players.explanation import Picture
from cutout_rl.utils.figure import WIDTH, saved_figure
from cutout_rl.visualization.draw_strokes import PEN_NAMES

CHANNELS_SHOWN: Final = 6


@dataclass(frozen=True)
class Layer:
    """The activations of a convolutional layer, after its ReLU.

    Attributes:
        name: of the module.
        maps: (B, C, h, w) float32, at least 0.
    """

    name: str
    maps: NDArray[np.float32]


def activations(policy: ActorCriticPolicy, preprocess: Preprocess, observation: NDArray[np.uint8]) -> list[Layer]:
    """Record every ReLU behind a convolution while the policy processes an (S, S, C) uint8 observation.

    Returns:
        The layers in the order of their execution; of successive layers with maps of one size, only the last.
    """
    recorded: list[Layer] = []
    with _recording(policy, recorded):
        if isinstance(preprocess, PriorCrops):
            preprocess.priors.forget()
        action_probabilities(policy, preprocess(observation[None]))
    return [
        layer
        for layer, following in zip(recorded, [*recorded[1:], None], strict=True)
        if following is None or layer.maps.shape[2:] != following.maps.shape[2:]
    ]


@contextmanager
def _recording(policy: ActorCriticPolicy, recorded: list[Layer]) -> Iterator[None]:
    def hook_of(name: str) -> Any:
        def hook(module: nn.Module, inputs: Any, output: torch.Tensor) -> None:
            if output.dim() == 4:
                # The object prior is predicted in batches, which the one image fills.
                maps = output[:1] if "object_net" in name else output
                recorded.append(Layer(name, maps.detach().cpu().numpy()))

        return hook

    hooks = [
        module.register_forward_hook(hook_of(name))
        for name, module in policy.named_modules()
        if isinstance(module, nn.ReLU)
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def draw_activations(layers: Sequence[Layer], title: str, path: Path) -> Picture:
    """Draw the most active channels of every layer, a row for each, or one for each pen where the layer sees crops."""
    rows = [(layer, item) for layer in layers for item in range(len(layer.maps))]
    with saved_figure(path, WIDTH, 0.98 * len(rows)) as figure:
        for row, (layer, item) in zip(figure.subplots(len(rows), CHANNELS_SHOWN, squeeze=False), rows, strict=True):
            maps = layer.maps[item]
            strongest = np.argsort(-maps.mean(axis=(1, 2)), kind="stable")[:CHANNELS_SHOWN]
            for axes in row:
                axes.axis("off")
            for axes, channel in zip(row, strongest, strict=False):
                axes.imshow(maps[channel], cmap="gray", vmin=0, vmax=max(float(maps[channel].max()), 1e-6))
                axes.set_title(f"{channel}: {maps[channel].max():.2g}", fontsize=8, pad=2)
            channels, height, width = maps.shape
            about = f"{channels} maps\n{height} x {width}" + (f"\n{PEN_NAMES[item]}" if len(layer.maps) == 2 else "")
            row[0].text(-0.1, 0.5, about, fontsize=8, ha="right", va="center", transform=row[0].transAxes)
    return Picture(
        path,
        title,
        f"The {CHANNELS_SHOWN} most active channels of each layer (after ReLU), each scaled to its own maximum. Titles:"
        " channel and maximum.",
    )
