"""The default cut of labelled pixels and of an object prior."""

import numpy as np
from numpy.typing import NDArray

from cutout_rl.game.session_labels import label_session
from cutout_rl.segmenters import GraphCutSegmenter


def cut(
    image: NDArray[np.uint8], labels: NDArray[np.uint8], log_odds: NDArray[np.float32] | None = None
) -> NDArray[np.bool_]:
    """Return the (S, S) bool mask of the default cut for (S, S) uint8 labels, and an (S, S) prior."""
    session = GraphCutSegmenter().begin(image)
    session.set_prior(log_odds)
    label_session(session, labels)
    return session.cut()
