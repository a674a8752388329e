"""Estimates of the object in images of any size, by the interactive network."""

from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from cutout_rl.agents.interactive.guidance import draw_guidance
from cutout_rl.agents.interactive.network import STRIDE, InteractiveNet
from cutout_rl.game.strokes import LABELLED_INSIDE, resize_labels
from cutout_rl.segmenters.components import touching_components

_LEAST_SIDE: Final = 160  # px of the longer side that the network sees
_MOST_SIDE: Final = 256
_MARGIN: Final = 1.4  # extent of the second look, of the object's
_WORTHWHILE: Final = 0.7  # share of the image's extent above which there is no second look

Box = tuple[slice, slice]


class ObjectEstimator:
    """Runs the network on a whole image, and then again on the part that contains the object.

    The second look, as in RITM's "zoom-in" (Sofiiuk et al., ICIP 2022), shows small objects at the size at which the
    network saw most in its training.
    """

    def __init__(self, network: InteractiveNet) -> None:
        """Use a network, on any device."""
        self._network = network.eval()

    def __call__(
        self, image: NDArray[np.uint8], labels: NDArray[np.uint8], mask: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """Return the log-odds of each pixel to belong to the object, (H, W) float32.

        Args:
            image: (H, W, 3) uint8, RGB.
            labels: (H, W) uint8, 0 unlabelled, 1 inside scribble, 2 outside scribble.
            mask: (H, W) bool, their mask by the cut without a prior.
        """
        log_odds = self._look(image, labels, mask)
        scribble = labels == LABELLED_INSIDE
        box = _object_box(touching_components((log_odds > 0) | scribble, scribble))
        if box is not None:
            log_odds[box] = self._look(image[box], labels[box], mask[box])
        return log_odds

    @torch.no_grad()
    def _look(
        self, image: NDArray[np.uint8], labels: NDArray[np.uint8], mask: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        height, width = labels.shape
        scale = min(max(height, width, _LEAST_SIDE), _MOST_SIDE) / max(height, width)
        rows, columns = (STRIDE * max(1, round(side * scale / STRIDE)) for side in (height, width))
        shrinks = rows * columns < height * width
        small = cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        small_mask = cv2.resize(mask.view(np.uint8), (columns, rows), interpolation=cv2.INTER_NEAREST)
        guides = draw_guidance(
            np.asarray(small, np.uint8), resize_labels(labels, (rows, columns)), np.asarray(small_mask, np.bool_)
        )
        device = self._network.calibration.device
        pixels = torch.as_tensor(small, device=device).permute(2, 0, 1)[None] / 255
        log_odds = self._network(pixels, torch.as_tensor(guides, device=device)[None])[0]
        resized = cv2.resize(log_odds.cpu().numpy(), (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(resized, np.float32)


def _object_box(mask: NDArray[np.bool_]) -> Box | None:
    """Return a square box of 1.4 times a mask's extent; None if the mask is empty or fills most of the image."""
    height, width = mask.shape
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    side = _MARGIN * max(rows[-1] - rows[0], columns[-1] - columns[0], STRIDE)
    if side > _WORTHWHILE * max(height, width):
        return None
    return _interval(rows, side, height), _interval(columns, side, width)


def _interval(occupied: NDArray[np.intp], side: float, limit: int) -> slice:
    start = int((occupied[0] + occupied[-1] - side) / 2)
    return slice(max(0, start), min(limit, int(start + side) + 1))
