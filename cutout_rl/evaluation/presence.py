"""How often masks show correctly whether an image contains an object at all."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def presence_figures(presence: NDArray[np.bool_]) -> dict[str, Any]:
    """Count the images whose presence of an object was classified correctly.

    Args:
        presence: (images, 2) bool, whether the ground truth and whether the predicted mask contain an object.

    Returns:
        JSON-able: the number of images, those with and without an object, those of each that were classified correctly,
        the accuracy, and its 95 % confidence interval (Wilson, 1927).
    """
    from scipy.stats import binomtest  # takes half a second to load

    truth, predicted = presence.T
    correct, n = int((truth == predicted).sum()), len(presence)
    interval = binomtest(correct, n).proportion_ci(method="wilson")
    return {
        "images": n,
        "with": int(truth.sum()),
        "with_correct": int((truth & predicted).sum()),
        "without": int((~truth).sum()),
        "without_correct": int((~truth & ~predicted).sum()),
        "accuracy": correct / n,
        "interval": [float(interval.low), float(interval.high)],
    }


def presence_sentence(presence: NDArray[np.bool_]) -> str:
    """Return a sentence that states the counts of `presence_figures`."""
    figures = presence_figures(presence)
    low, high = figures["interval"]
    share = figures["with"] / figures["images"]
    return (
        f"{figures['with']:,} of {figures['images']:,} images ({share:.1%}) contain the object;"
        f" {figures['with_correct']:,} of these and {figures['without_correct']:,} of the {figures['without']:,} others"
        f" are classified correctly, {figures['accuracy']:.1%} overall (95 % CI {low:.1%} to {high:.1%})."
    )
