"""The network, and its loss on partly annotated images."""

from itertools import pairwise
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from cutout_rl.game.strokes import LABELLED_INSIDE, UNLABELLED
from cutout_rl.web.online.config import KERNEL, LAYERS

WIDTH: Final = 16  # channels between the convolutions


class PixelNet(nn.Module):
    """Seven dilated 3 x 3 convolutions at one resolution (Yu and Koltun, "Multi-Scale Context Aggregation by Dilated
    Convolutions", ICLR 2016), from RGB to log-odds of the object, for images of any size.

    There is no normalisation over a batch or an image, so that a prediction depends on its receptive field only.
    """

    def __init__(self, dilation: int) -> None:
        """Initialise 12,193 weights; their number does not depend on the dilation.

        Args:
            dilation: of every convolution, in px.
        """
        super().__init__()
        channels = (3, *[WIDTH] * (LAYERS - 1), 1)
        self._convolutions = [nn.Conv2d(*of_layer, KERNEL) for of_layer in pairwise(channels)]
        self._layers = nn.ModuleList(self._convolutions)
        for convolution in self._convolutions:
            nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
            assert convolution.bias is not None
            nn.init.zeros_(convolution.bias)
        self.dilate(dilation)

    def dilate(self, dilation: int) -> None:
        """Change the dilation and keep the weights."""
        for convolution in self._convolutions:
            convolution.dilation = (dilation, dilation)
            convolution.padding = (dilation, dilation)

    def forward(self, images: Tensor) -> Tensor:
        """Compute the log-odds.

        Args:
            images: (B, 3, H, W) in [-0.5, 0.5]; the padding is mid grey.

        Returns:
            (B, H, W).
        """
        features = images.contiguous(memory_format=torch.channels_last)  # faster on a CPU
        for convolution in self._convolutions[:-1]:
            features = functional.relu(convolution(features))
        odds: Tensor = self._convolutions[-1](features)[:, 0]
        return odds


def to_input(image: NDArray[np.uint8]) -> Tensor:
    """Convert an (H, W, 3) uint8 image to the network's input, (1, 3, H, W) in [-0.5, 0.5]."""
    return torch.as_tensor(image).permute(2, 0, 1)[None] / 255 - 0.5


def annotated_loss(odds: Tensor, labels: Tensor) -> Tensor:
    """Compute the mean cross-entropy over the annotated pixels.

    Args:
        odds: (H, W), log-odds of the object.
        labels: (H, W) uint8 of 0 (not annotated), 1 (inside) and 2 (outside), with at least one annotated pixel.

    Returns:
        A scalar; its gradient is 0 at every pixel that is not annotated.
    """
    known = labels != UNLABELLED
    return functional.binary_cross_entropy_with_logits(odds[known], (labels[known] == LABELLED_INSIDE).to(odds.dtype))
