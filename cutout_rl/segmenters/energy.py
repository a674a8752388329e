"""The unary and pairwise terms of the energy, rounded to integers: one unit is 1 nat.

The coarse unit makes the max-flow faster and costs no accuracy.
"""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters.padded_grid import N_DIRECTIONS
from cutout_rl.segmenters.segmenter import INSIDE, OUTSIDE

NO_LABEL = -1  # beside the labels OUTSIDE and INSIDE

# The unary of a labelled pixel (seed). It exceeds the sum of the pixel's n-links, so no minimum cut relabels a seed.
SEED_NATS = 1 << 20
# It is stored as this, which no other unary reaches.
SEED = 32767
_LABELLED_TERM = 1 << 29

# A link whose squared contrast is this fraction of m has half the weight of a link without contrast.
_HALF_WEIGHT_CONTRAST = 0.06
# m is this fraction of the local mean, over the links within _NEARBY pixels, plus the rest of the global mean.
_NEARBY_SHARE = 0.4
_NEARBY = 8


class ContrastScratch(NamedTuple):
    """Memory for `fill_contrast_weights` and `fill_costs`.

    Attributes:
        squares: (2, H, W) int32, squared contrasts to the east and south neighbours; 0 where there is none.
        area: (H + 1, W + 1) int64, summed-area table of the sums over each pixel's links; 0 in row and column 0.
        band: (W + 1,) int64, a difference of two of its rows.
        means: (H, W) float64, each pixel's m.
        links: (H, W) int64, the number of link ends near each pixel; depends on the size only.
        rounded: (W,) int16, the weights of a row.
        lines: (3, W + 2) float64, for `fill_costs`.
    """

    squares: NDArray[np.int32]
    area: NDArray[np.int64]
    band: NDArray[np.int64]
    means: NDArray[np.float64]
    links: NDArray[np.int64]
    rounded: NDArray[np.int16]
    lines: NDArray[np.float64]


def allocate_contrast_scratch(height: int, width: int) -> ContrastScratch:
    """Allocate the memory for images of one size."""
    ends = np.full((height, width), 4)
    ends[0] -= 1
    ends[-1] -= 1
    ends[:, 0] -= 1
    ends[:, -1] -= 1
    area = np.pad(ends, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    top, bottom = (np.clip(np.arange(height) + shift, 0, height) for shift in (-_NEARBY, _NEARBY + 1))
    left, right = (np.clip(np.arange(width) + shift, 0, width) for shift in (-_NEARBY, _NEARBY + 1))
    band = area[bottom] - area[top]
    return ContrastScratch(
        squares=np.zeros((2, height, width), dtype=np.int32),
        area=np.zeros((height + 1, width + 1), dtype=np.int64),
        band=np.zeros(width + 1, dtype=np.int64),
        means=np.zeros((height, width)),
        links=(band[:, right] - band[:, left]).astype(np.int64),
        rounded=np.zeros(width, dtype=np.int16),
        lines=np.zeros((3, width + 2)),
    )


def contrast_weights(lab: NDArray[np.int16], weight: float) -> NDArray[np.int16]:
    """Compute the pairwise term of an (H, W, 3) image as `fill_contrast_weights` does, into a
    fresh ((H + 2) * (W + 2), 4) int16 array."""
    height, width, _ = lab.shape
    weights = np.zeros(((height + 2) * (width + 2), N_DIRECTIONS), dtype=np.int16)
    planes = np.ascontiguousarray(np.moveaxis(lab, -1, 0))
    fill_contrast_weights(planes, float(weight), allocate_contrast_scratch(height, width), weights.reshape(-1))
    return weights


@numba.njit(cache=True, nogil=True, error_model="numpy")
def fill_contrast_weights(
    lab: NDArray[np.int16], weight: float, scratch: ContrastScratch, weights: NDArray[np.int16]
) -> None:
    """Compute the pairwise term: the n-links' capacities weight / (1 + (|dLab|^2 / (0.06 m))^(3/4)).

    m mixes the mean of |dLab|^2 over the whole image with the mean over nearby links: links in textured regions keep
    weight, and faint edges in smooth regions lose it. The tail is heavier than the usual Gaussian's: cutting a strong
    edge is not free, so the contour does not follow every strong edge.

    Args:
        lab: (3, H, W) int16, CIELAB in hundredths.
        weight: capacity of a link between equal colours, in nats.
        scratch: overwritten.
        weights: (4 (H + 2) (W + 2),) int16, written: those of each node, rounded to whole nats; 0 for links that leave
            the image.
    """
    _, height, width = lab.shape
    squares, means, rounded = scratch.squares, scratch.means, scratch.rounded
    squares[:] = 0
    weights[:] = 0
    # Simple loops over rows, which the compiler vectorises.
    for channel in range(3):
        for row in range(height):
            here = lab[channel, row]
            for column in range(width - 1):
                change = np.int32(here[column]) - np.int32(here[column + 1])
                squares[0, row, column] += change * change
            if row + 1 < height:
                below = lab[channel, row + 1]
                for column in range(width):
                    change = np.int32(here[column]) - np.int32(below[column])
                    squares[1, row, column] += change * change
    _mean_contrasts(scratch)
    for row in range(height):
        start = (row + 1) * (width + 2) + 1
        for forward in range(2):
            ahead = squares[forward, row]
            here = means[row]
            there = means[row, 1:] if forward == 0 else means[min(row + 1, height - 1)]
            length = width - 1 if forward == 0 else width if row + 1 < height else 0
            for column in range(length):
                square = np.float64(ahead[column])
                mean = (here[column] + there[column]) / 2
                relative = square / (_HALF_WEIGHT_CONTRAST * mean) if square > 0 else 0.0
                # Square roots are correctly rounded on every machine; powers are not.
                nats = weight / (1 + np.sqrt(relative * np.sqrt(relative)))
                rounded[column] = np.int16(np.floor(nats + 0.5))
            step = 1 if forward == 0 else width + 2
            for column in range(length):
                weights[N_DIRECTIONS * (start + column) + 2 * forward] = rounded[column]
                weights[N_DIRECTIONS * (start + column + step) + 2 * forward + 1] = rounded[column]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _mean_contrasts(scratch: ContrastScratch) -> None:
    """Compute each pixel's m from the squared contrasts of its links, with a summed-area table."""
    squares, area, band, means = scratch.squares, scratch.area, scratch.band, scratch.means
    height, width = means.shape
    for row in range(height):
        along = np.int64(0)
        for column in range(width):
            along += np.int64(squares[0, row, column]) + np.int64(squares[1, row, column])
            if column > 0:
                along += squares[0, row, column - 1]
            if row > 0:
                along += squares[1, row - 1, column]
            area[row + 1, column + 1] = area[row, column + 1] + along
    n_ends = 2 * (height * (width - 1) + width * (height - 1))
    overall = area[height, width] / max(n_ends, 1)
    for row in range(height):
        top, bottom = area[max(row - _NEARBY, 0)], area[min(row + _NEARBY + 1, height)]
        for column in range(width + 1):
            band[column] = bottom[column] - top[column]
        for column in range(width):
            total = band[min(column + _NEARBY + 1, width)] - band[max(column - _NEARBY, 0)]
            nearby = _NEARBY_SHARE * total / max(scratch.links[row, column], 1)
            means[row, column] = nearby + (1 - _NEARBY_SHARE) * overall


class UnaryChanges(NamedTuple):
    """The result of `update_unaries`, and its memory.

    Attributes:
        nodes: (H * W,) int32, first the nodes whose unary has changed.
        changes: (H * W,) int32, first their changes: new minus old, in nats.
        newer: (W,) int32, the new unaries of a row.
        differs: (W rounded up to a multiple of 8,) bool, whether they differ from the old; False beyond W.
    """

    nodes: NDArray[np.int32]
    changes: NDArray[np.int32]
    newer: NDArray[np.int32]
    differs: NDArray[np.bool_]


def allocate_unary_changes(height: int, width: int) -> UnaryChanges:
    """Allocate the memory for images of one size."""
    return UnaryChanges(
        nodes=np.zeros(height * width, dtype=np.int32),
        changes=np.zeros(height * width, dtype=np.int32),
        newer=np.zeros(width, dtype=np.int32),
        differs=np.zeros((width + 7) // 8 * 8, dtype=np.bool_),
    )


@numba.njit(cache=True, nogil=True, error_model="numpy")
def update_unaries(
    unaries: NDArray[np.int16],
    labels: NDArray[np.int8],
    distances: NDArray[np.int32],
    geodesic: NDArray[np.int32],
    rows: tuple[int, int],
    colour: NDArray[np.uint16],
    log_ratio: NDArray[np.int32],
    geodesic_weight: float,
    prior: NDArray[np.int32] | None,
    changed: UnaryChanges,
) -> int:
    """Update the unary of every pixel, in place.

    Every stroke changes nearly all log ratios, but few distances: their term is kept, and computed again only in some
    rows.

    Args:
        unaries: (H, W) int16, rounded to whole nats, positive where inside is likelier; +-SEED on labelled pixels.
        labels: (H, W) int8, INSIDE, OUTSIDE or NO_LABEL.
        distances: (2, (H + 2) * (W + 2)) int32, geodesic distances to each label's scribble.
        geodesic: (H, W) int32, the distance term in 1/512 nat, +-2^29 on labelled pixels.
        rows: the first row in which a label or a distance has changed, and one past the last.
        colour: (H, W) uint16, index into `log_ratio`.
        log_ratio: (C,) int32, in 1/512 nat.
        geodesic_weight: weight of the distance term, in nats.
        prior: (H, W) int32, added, in 1/512 nat; None adds nothing, and its loop is not even compiled.
        changed: written.

    Returns:
        The number of nodes whose unary has changed.
    """
    height, width = labels.shape
    nodes, changes, newer, differs = changed.nodes, changed.changes, changed.newer, changed.differs
    count = 0
    scale = np.float32(512 * geodesic_weight)
    # Few pixels change, so eight flags are tested at once.
    eights = differs.view(np.uint64)
    # Simple loops over rows, which the compiler vectorises.
    for row in range(height):
        start = (row + 1) * (width + 2) + 1
        term = geodesic[row]
        if rows[0] <= row < rows[1]:
            outside = distances[OUTSIDE, start : start + width]
            inside = distances[INSIDE, start : start + width]
            for column in range(width):
                far, near = np.float32(outside[column]), np.float32(inside[column])
                # IEEE 754 division is correctly rounded on every machine. Both distances are 0 on labelled pixels only.
                nearer = (far - near) / max(far + near, np.float32(1))
                term[column] = np.int32(np.floor(scale * nearer + np.float32(0.5)))
            for column in range(width):
                label = labels[row, column]
                seed = np.int32(_LABELLED_TERM) if label == INSIDE else np.int32(-_LABELLED_TERM)
                term[column] = term[column] if label == NO_LABEL else seed
        for column in range(width):
            newer[column] = term[column] + log_ratio[colour[row, column]]
        if prior is not None:
            for column in range(width):
                newer[column] += prior[row, column]
        old = unaries[row]
        for column in range(width):
            nats = (newer[column] + np.int32(256)) >> np.int32(9)
            unary = np.int16(min(max(nats, np.int32(-SEED)), np.int32(SEED)))
            newer[column] = unary
            differs[column] = unary != old[column]
        for eight in range(len(eights)):
            if eights[eight]:
                for column in range(8 * eight, min(8 * eight + 8, width)):
                    nodes[count] = start + column
                    changes[count] = in_nats(newer[column]) - in_nats(old[column])
                    old[column] = newer[column]
                    count += differs[column]
    return count


@numba.njit(cache=True, nogil=True)
def in_nats(unary: int) -> int:
    """Return the value that a stored unary stands for: +-SEED_NATS for +-SEED, itself otherwise."""
    nats = np.int32(unary)
    if nats == SEED:
        return SEED_NATS
    if nats == -SEED:
        return -SEED_NATS
    return int(nats)
