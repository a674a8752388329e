"""The default segmenter: a graph cut over geodesic distances, colours and contrast, warm-started between strokes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters.segmenter import INSIDE, OUTSIDE, require_scribbles

if TYPE_CHECKING:
    from cutout_rl.segmenters.graph_cut_session import GraphCutSession
    from cutout_rl.segmenters.graph_cut_state import CutSettings

# Residual capacities are int16, and each holds both directions of a link. Sums of the terms of U fit in int16 as well.
HIGHEST_PAIRWISE_WEIGHT: Final = 16000.0
_HIGHEST: Final = {
    "geodesic_weight": 16000.0,
    "colour_clip": 16000.0,
    "pairwise_weight": HIGHEST_PAIRWISE_WEIGHT,
    "prior_weight": 40.0,
    "prior_edges": 1000.0,
}


@dataclass(frozen=True)
class GraphCutSegmenter:
    """Interactive graph cut (Boykov and Jolly, ICCV 2001) with geodesic unaries (Price et al., CVPR 2010).

    The mask x (1 inside, 0 outside) minimises the energy

        E(x) = - sum over pixels p of x_p U_p  +  sum over 4-neighbours p, q of W_pq [x_p != x_q]

        U_p  = 1.5 (d_out - d_in) / (d_out + d_in)  +  clip(log(h_in(c_p) / h_out(c_p)), -3, 3)
        W_pq = 40 / (1 + (|Lab_p - Lab_q|^2 / (0.06 m))^(3/4))

    with the unary term U and the pairwise term W, both rounded to integers: one unit of energy is 1 nat. In the flow
    network, U_p is the capacity of p's t-link (from the source if positive, to the sink if negative) and W_pq is the
    capacity of the n-link between p and q. U_p is +infinity on inside scribbles and -infinity on outside scribbles.

    - d_in and d_out are the geodesic distances to the two scribbles; d_out is the distance to the image's border where
      that is shorter, because regions connected to the border without an edge in between are likely background (Wei et
      al., "Geodesic Saliency Using Background Priors", ECCV 2012). A step from p to a 4-neighbour q costs
      (g_p + g_q) / 2 with g = 1/75 + (|gradient of Lab| / 10)^2, at most 10. The gradient is the central difference,
      smoothed across by (1, 7, 1) / 9. The distance to an empty scribble is infinite. Border pixels have d_out = 0 even
      if they are labelled inside.
    - h_in and h_out are the Lab histograms of the two scribbles, and c_p is the bin of p: 16 bins per axis over the
      image's range on that axis, smoothed by the kernel (1, 4, 1) / 6 per axis, normalised, plus 2.9e-4 in each bin.
      Each unlabelled border pixel adds 5/16 of a pixel to h_out. The colour term is 0 until both are non-empty.
    - m is the mean of |Lab_p - Lab_q|^2 over links: 40 % of the mean over the links of the pixels within 8 rows and
      columns, plus 60 % of the mean over the image, averaged over p and q.

    A session may be given an object prior, such as the prediction of a network, and another one between any two strokes
    (`GraphCutSession.set_prior`). With its log-odds l, clipped to [-8, 8], and its probabilities s = 1 / (1 + exp(-l)),

        U_p  = (the above)  +  prior_weight l_p
        W_pq = (the above)  /  (1 + prior_edges |s_p - s_q|)

    Distances and histograms are integers, so U and W depend on the labels only, not on their order. Among all minimum
    cuts the one with the smallest source set is taken, and of it only the 8-connected components that contain an inside
    scribble. The same labels therefore always give the same mask, bit for bit, in a session and in `segment`.

    Without inside labels the mask is empty. With inside labels alone, the scribble is cut against the border prior.
    Without `border_prior`, inside labels alone give the whole image (with `geodesic_weight` 0: all pixels connected to
    them by links of positive weight). With `geodesic_weight` and `colour_clip` 0, only seeds and contrast are left.

    Attributes:
        geodesic_weight: the 1.5 in U, in nats, 0 to 16000.
        colour_clip: the 3 in U, in nats, 0 to 16000.
        pairwise_weight: the 40 in W, in nats, 0 to 16000.
        border_prior: whether the image's border counts as weak evidence of background in d_out and h_out.
        components: whether to drop components without an inside scribble.
        prior_weight: the weight of a prior's log-odds, 0 to 40.
        prior_edges: how much the edges of a prior weaken W, 0 to 1000.

    Raises:
        ValueError: a setting is out of its range.
    """

    geodesic_weight: float = 1.5
    colour_clip: float = 3.0
    pairwise_weight: float = 40.0
    border_prior: bool = True
    components: bool = True
    prior_weight: float = 1.0
    prior_edges: float = 0.0

    def __post_init__(self) -> None:
        """Check that the settings fit the integer capacities."""
        for name, highest in _HIGHEST.items():
            if not 0 <= getattr(self, name) <= highest:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be in [0, {highest:.0f}]")

    def begin(self, image: NDArray[np.uint8]) -> "GraphCutSession":
        """Start a session on an (H, W, 3) uint8 RGB image, without strokes.

        Raises:
            ValueError: the image has another shape or dtype, or is empty.
        """
        # Imported here because numba takes as long to load as Gymnasium and NumPy together.
        from cutout_rl.segmenters.graph_cut_session import GraphCutSession

        return GraphCutSession(image, self.cut_settings(), float(self.prior_weight), float(self.prior_edges))

    def cut_settings(self) -> "CutSettings":
        """Return the settings as compiled functions take them."""
        from cutout_rl.segmenters.graph_cut_state import CutSettings

        return CutSettings(
            float(self.geodesic_weight),
            float(self.colour_clip),
            float(self.pairwise_weight),
            bool(self.border_prior),
            bool(self.components),
        )

    def segment(
        self,
        image: NDArray[np.uint8],
        inside: NDArray[np.bool_],
        outside: NDArray[np.bool_],
        log_odds: NDArray[np.floating] | None = None,
    ) -> NDArray[np.bool_]:
        """Segment an image from scratch; see `Segmenter.segment`, and `GraphCutSession.set_prior` for `log_odds`."""
        require_scribbles(image, inside, outside)
        session = self.begin(image)
        session.set_prior(log_odds)
        session.label(np.argwhere(outside), OUTSIDE)
        session.label(np.argwhere(inside), INSIDE)
        return session.cut()
