"""A trained U-Net as a predictor of masks."""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from cutout_rl.agents.unet.network import UNetwork

BATCH: Final = 16  # images


class UNetPredictor:
    """A U-Net as a `cutout_rl.players.predictor.Predictor`."""

    def __init__(self, network: UNetwork, label: str) -> None:
        """Use a network on any device."""
        self.label = label
        self._network = network

    @torch.no_grad()
    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Predict (N, S, S) bool masks of (N, S, S, 3) uint8 images, empty where the presence head finds no object."""
        self._network.eval()
        device = next(self._network.parameters()).device
        masks = []
        for first in range(0, len(images), BATCH):
            log_odds, presence = self._network(torch.as_tensor(images[first : first + BATCH], device=device))
            mask = log_odds > 0
            if presence is not None:
                mask &= (presence > 0)[:, None, None]
            masks.append(mask.cpu().numpy())
        return np.concatenate(masks)
