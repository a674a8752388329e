"""A custom method for the click benchmark: --players own_clicks:within_reach."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from cutout_rl.experiments.simulated_users import Click


def within_reach(image: NDArray[np.uint8]) -> Callable[[Click], NDArray[np.bool_]]:
    """Start on an image; each click sets the square of 19 px around it to inside or outside."""
    mask = np.zeros(image.shape[:2], np.bool_)

    def clicked(click: Click) -> NDArray[np.bool_]:
        top, left = max(0, click.row - 9), max(0, click.column - 9)
        mask[top : click.row + 10, left : click.column + 10] = click.inside
        return mask.copy()

    return clicked
