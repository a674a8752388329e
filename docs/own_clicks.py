"""A method (own_clicks:within_reach) and a prior (--prior own_clicks:nearer_inside) for the click benchmark."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.experiments.simulated_users.clicks import Click


def within_reach(image: NDArray[np.uint8]) -> Callable[[Click], NDArray[np.bool_]]:
    """Start on an image; each click sets the square of 19 px around it to inside or outside."""
    mask = np.zeros(image.shape[:2], np.bool_)

    def clicked(click: Click) -> NDArray[np.bool_]:
        top, left = max(0, click.row - 9), max(0, click.column - 9)
        mask[top : click.row + 10, left : click.column + 10] = click.inside
        return mask.copy()

    return clicked


def nearer_inside(image: NDArray[np.uint8], labels: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return log-odds: how much nearer a pixel is to an inside label than to an outside one, from -2 to 2."""
    if not all((labels == label).any() for label in (1, 2)):
        return np.zeros(labels.shape, np.float32)
    inside, outside = (cv2.distanceTransform((labels != label).astype(np.uint8), cv2.DIST_L2, 5) for label in (1, 2))
    return 2 * (outside - inside) / (outside + inside)
