"""The evaluation loop: a simulated user clicks on an image, and a method returns a mask after each click."""

from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data import Sample
from cutout_rl.experiments.simulated_users.clicks import Click, next_click
from cutout_rl.experiments.simulated_users.regions import Mask
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.utils.errors import CutOutError

# Receives the clicks on one image one by one, and returns the (H, W) bool mask after each.
Clicked = Callable[[Click], Mask]
# Receives an (H, W, 3) uint8 RGB image, and returns what receives the clicks on it.
Method = Callable[[NDArray[np.uint8]], Clicked]


class ClickResults(NamedTuple):
    """The IoU and the seconds after each click on one image."""

    ious: list[float]
    seconds: list[float]


def click_on(method: Method, sample: Sample, max_clicks: int) -> ClickResults:
    """Click on an image until the mask has no error, or `max_clicks` times.

    Args:
        method: computes the masks; the seconds of the first click include its preparation of the image.
        sample: the image and its ground truth.
        max_clicks: number of results; after the last click the IoU is repeated, with 0 seconds.

    Raises:
        CutOutError: the method returned something other than a mask of the image.
    """
    mask = np.zeros(sample.mask.shape, np.bool_)
    clicks: list[Click] = []
    results = ClickResults([], [])
    clicked: Clicked | None = None
    for _ in range(max_clicks):
        click = next_click(mask, sample, clicks)
        if click is None:
            results.ious.append(results.ious[-1] if results.ious else 1.0)
            results.seconds.append(0.0)
            continue
        clicks.append(click)
        started = perf_counter()
        clicked = method(sample.image) if clicked is None else clicked
        mask = clicked(click)
        results.seconds.append(perf_counter() - started)
        if not (isinstance(mask, np.ndarray) and mask.dtype == np.bool_ and mask.shape == sample.mask.shape):
            raise CutOutError(
                f"The method returned no mask of {sample.name}; it must return a bool array of shape"
                f" {sample.mask.shape}."
            )
        results.ious.append(intersection_over_union(mask, sample.mask, sample.void))
    return results
