"""Connected components of a mask that touch a scribble."""

import numba
import numpy as np
from numpy.typing import NDArray


@numba.njit(cache=True, nogil=True)
def touching_components(mask: NDArray[np.bool_], inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the 8-connected components of a mask that contain an inside-labelled pixel.

    Runs of object pixels are merged with touching runs of the row above, by union-find.

    Args:
        mask: (H, W) bool.
        inside: (H, W) bool, the pixels labelled as object; those outside the mask are ignored.

    Returns:
        (H, W) bool, a fresh array.
    """
    height, width = mask.shape
    most = height * ((width + 1) // 2)
    rows = np.empty(most, dtype=np.int32)
    starts = np.empty(most, dtype=np.int32)
    ends = np.empty(most, dtype=np.int32)
    parent = np.empty(most, dtype=np.int32)
    touched = np.empty(most, dtype=np.bool_)
    # Flags of the columns where a run begins or ends. They are sparse, so eight are tested at once.
    is_edge = np.zeros((width + 8) // 8 * 8, dtype=np.bool_)
    eights = is_edge.view(np.uint64)
    count = 0
    last_row = 0
    for row in range(height):
        first = count
        is_edge[0] = mask[row, 0]
        for column in range(1, width):
            is_edge[column] = mask[row, column] != mask[row, column - 1]
        is_edge[width] = mask[row, width - 1]
        in_run = False
        for eight in range(len(eights)):
            if eights[eight]:
                for column in range(8 * eight, 8 * eight + 8):
                    if is_edge[column]:
                        if in_run:
                            ends[count] = column
                            count += 1
                        else:
                            starts[count] = column
                        in_run = not in_run
        candidate = last_row
        for run in range(first, count):
            rows[run] = row
            parent[run] = run
            touched[run] = inside[row, starts[run] : ends[run]].any()
            while candidate < first and ends[candidate] < starts[run]:
                candidate += 1
            touching = candidate
            while touching < first and starts[touching] <= ends[run]:
                _join(parent, touched, touching, run)
                touching += 1
        last_row = first
    result = np.zeros((height, width), dtype=np.bool_)
    for run in range(count):
        if touched[_root(parent, run)]:
            result[rows[run], starts[run] : ends[run]] = True
    return result


@numba.njit(cache=True, nogil=True)
def _join(parent: NDArray[np.int32], touched: NDArray[np.bool_], one: int, other: int) -> None:
    """Merge the sets of two runs."""
    one, other = _root(parent, one), _root(parent, other)
    parent[other] = one
    touched[one] |= touched[other]


@numba.njit(cache=True, nogil=True)
def _root(parent: NDArray[np.int32], run: int) -> int:
    """Return the root of a run's set; halve the path to it."""
    while parent[run] != run:
        parent[run] = parent[parent[run]]
        run = parent[run]
    return run
