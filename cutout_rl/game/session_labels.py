"""Labels of a whole image, passed on to the session of a segmenter."""

import numpy as np
from numpy.typing import NDArray

from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE
from cutout_rl.segmenters.segmenter import INSIDE, OUTSIDE, Session


def label_session(session: Session, labels: NDArray[np.uint8]) -> None:
    """Label the pixels of a session by (H, W) uint8 labels: 0 unlabelled, 1 inside, 2 outside."""
    for number, label in ((LABELLED_OUTSIDE, OUTSIDE), (LABELLED_INSIDE, INSIDE)):
        session.label(np.argwhere(labels == number), label)
