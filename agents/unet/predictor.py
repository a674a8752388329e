"""A trained U-Net as a predictor."""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from cutout_rl.agents.unet.network import UNetwork

AT_ONCE: Final = 16  # images


class UNetPredictor:
    """Answers images with masks, in the sense of `cutout_rl.players.predictor.Predictor`."""

    def __init__(self, network: UNetwork, label: str) -> None:
        """Take a network, wherever it is."""
        self.label = label
        self._network = network

    @torch.no_grad()
    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Answer (N, S, S, 3) uint8 images with (N, S, S) bool masks, empty where the object is said to be absent."""
        self._network.eval()
        device = next(self._network.parameters()).device
        masks = []
        for first in range(0, len(images), AT_ONCE):
            odds, presence = self._network(torch.as_tensor(images[first : first + AT_ONCE], device=device))
            mask = odds > 0
            if presence is not None:
                mask &= (presence > 0)[:, None, None]
            masks.append(mask.cpu().numpy())
        return np.concatenate(masks)
