"""The robot user, which clicks into the middle of the largest error."""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.data import Sample
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.utils.errors import CutOutError

Mask = NDArray[np.bool_]


class Click(NamedTuple):
    """A click: the pixel, and whether it is one of the object."""

    row: int
    column: int
    inside: bool


# Told the clicks one by one, gives the (H, W) bool mask after each.
Clicked = Callable[[Click], Mask]
# What plays: shown an (H, W, 3) uint8 RGB image, gives what takes the clicks on it.
Method = Callable[[NDArray[np.uint8]], Clicked]


class Played(NamedTuple):
    """What came of the clicks on one image: IoU and seconds for each."""

    ious: list[float]
    seconds: list[float]


def next_click(mask: Mask, sample: Sample, made: Sequence[Click]) -> Click | None:
    """Choose the next click.

    The rule is that of Xu et al. (CVPR 2016), as Sofiiuk, Petrov and Konushin (ICIP 2022) evaluate by it: of the missed
    and the wrongly included pixels, the void ones left out, take the one farthest from any that is not of its kind, the
    outside of the image included; never a pixel that was clicked before.

    Args:
        mask: (H, W) bool, the mask so far.
        sample: the image and its truth.
        made: the clicks so far.

    Returns:
        The click; None where nothing is wrong.
    """
    known = ~sample.void
    depths = [_depth(error & known) for error in (sample.mask & ~mask, ~sample.mask & mask)]
    for click in made:
        for depth in depths:
            depth[click.row, click.column] = 0
    missed, included = (float(depth.max()) for depth in depths)
    if max(missed, included) == 0:
        return None
    inside = missed > included
    row, column = np.unravel_index(np.argmax(depths[0 if inside else 1]), mask.shape)
    return Click(int(row), int(column), inside)


def _depth(error: Mask) -> NDArray[np.float32]:
    padded = np.pad(error.astype(np.uint8), 1)
    return np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1], np.float32)


def play(method: Method, sample: Sample, most: int) -> Played:
    """Click on an image until nothing is wrong, or `most` times.

    Args:
        method: gives the masks; its time is taken, that of looking at the image with the first click.
        sample: the image and its truth.
        most: clicks.

    Returns:
        For each of `most` clicks; where nothing was wrong any more, the last IoU and 0 seconds.

    Raises:
        CutOutError: the method gave something other than a mask of the image.
    """
    mask = np.zeros(sample.mask.shape, np.bool_)
    made: list[Click] = []
    played = Played([], [])
    clicked: Clicked | None = None
    for _ in range(most):
        click = next_click(mask, sample, made)
        if click is None:
            played.ious.append(played.ious[-1] if played.ious else 1.0)
            played.seconds.append(0.0)
            continue
        made.append(click)
        started = perf_counter()
        clicked = method(sample.image) if clicked is None else clicked
        mask = clicked(click)
        played.seconds.append(perf_counter() - started)
        if not (isinstance(mask, np.ndarray) and mask.dtype == np.bool_ and mask.shape == sample.mask.shape):
            raise CutOutError(
                f"A method gave no mask of {sample.name}; let it give a bool array of shape {sample.mask.shape}."
            )
        played.ious.append(intersection_over_union(mask, sample.mask, sample.void))
    return played
