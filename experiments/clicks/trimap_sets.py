"""The published sets whose masks are trimaps: GrabCut and Berkeley."""

import numpy as np
from numpy.typing import NDArray

from cutout_rl.experiments.clicks.published_set import PublishedSet

_VOID = 128


class GrabCut(PublishedSet):
    """The 50 images of GrabCut (Rother et al., SIGGRAPH 2004): 128 is void, what is lighter is object."""

    name = "GrabCut"
    folders = ("data_GT", "boundary_GT")
    published = 50

    @staticmethod
    def read_mask(colours: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return object and void; the blue channel counts, as in the published evaluation."""
        grey = colours[..., 2]
        return grey > _VOID, grey == _VOID


class Berkeley(GrabCut):
    """The 100 objects of McGuinness and O'Connor (Pattern Recognition 2010) in 96 images of the Berkeley dataset."""

    name = "Berkeley"
    folders = ("images", "masks")
    published = 100
