"""Whether the object is in the image at all: how often the masks were right about it."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_Z: Final = 1.959964  # of a 95 % interval


def presence_figures(presence: NDArray[np.bool_]) -> dict[str, Any]:
    """Count answers.

    Args:
        presence: (images, 2) bool, whether the truth and whether the answer holds an object.

    Returns:
        JSON-able: the images, those with and without an object, those of each that were told rightly, and the share
        that was told rightly in all with its 95 % interval (Wilson, 1927).
    """
    truth, answer = presence.T
    right, n = int((truth == answer).sum()), len(presence)
    share = right / n
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    reach = _Z * np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
    return {
        "images": n,
        "with": int(truth.sum()),
        "with_told": int((truth & answer).sum()),
        "without": int((~truth).sum()),
        "without_told": int((~truth & ~answer).sum()),
        "accuracy": share,
        "interval": [float(middle - reach), float(middle + reach)],
    }


def presence_sentence(presence: NDArray[np.bool_]) -> str:
    """Say what `presence_figures` counts."""
    figures = presence_figures(presence)
    low, high = figures["interval"]
    share = figures["with"] / figures["images"]
    return (
        f"The object is in {figures['with']:,} of {figures['images']:,} images ({share:.1%}):"
        f" {figures['with_told']:,} of these and {figures['without_told']:,} of the {figures['without']:,} without are"
        f" told rightly, {figures['accuracy']:.1%} in all (95 % interval {low:.1%} to {high:.1%})."
    )
