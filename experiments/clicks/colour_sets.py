"""The published sets whose masks show an object in any colour: DAVIS and COCO_MVal."""

import numpy as np
from numpy.typing import NDArray

from cutout_rl.experiments.clicks.published_set import PublishedSet


class Davis(PublishedSet):
    """345 frames of DAVIS (Perazzi et al., CVPR 2016), chosen by Jang and Kim (CVPR 2019).

    All objects of a frame are one.
    """

    name = "DAVIS"
    folders = ("img", "gt")
    published = 345

    @staticmethod
    def read_mask(colours: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return the object, which is what is not black, and an empty void."""
        mask = np.asarray(colours.any(axis=2))
        return mask, np.zeros_like(mask)


class CocoMval(Davis):
    """800 objects of COCO val2017, ten of each class (Sofiiuk et al., CVPR 2020)."""

    name = "COCO_MVal"
    published = 800
