"""The residual graph of a 4-connected grid and the two search trees of the max-flow; see `maxflow`.

Each node has one signed terminal residual: the residual capacity of its t-link from the source if positive, of its
t-link to the sink if negative. Adding the same capacity to both t-links never changes the minimum cut, so a change of a
unary is one addition to this number, and the previous flow stays valid.

Node heights increase from parent to child, as in the incremental breadth-first search of Goldberg et al. (ESA 2011), so
most orphans find a new parent without tracing it to its root.
"""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters.padded_grid import N_DIRECTIONS, neighbour_steps
from cutout_rl.utils.numba_kernel import kernel

SOURCE = 1
SINK = -1

# A node's parent is stored as the direction (0-3) towards it, or as this value for roots.
ROOT = 4

# Height difference between parent and child in a growing tree, so that most orphans can rise and stay below their
# children.
GAP = 64
# Added to the height of an orphan.
LOST = 1 << 29

# Unsigned constants: numba computes with floats where signed and unsigned integers meet.
_ONE = np.uint64(1)
_FOUR = np.uint64(N_DIRECTIONS)


class FlowGraph(NamedTuple):
    """The residual graph of a grid and its two search trees, over N = (H + 2) * (W + 2) nodes (see `padded_grid`).

    Attributes:
        steps: (4,) uint64, offsets from a node to its neighbours.
        residual: (4 N,) int16, residual capacities of the n-links to each neighbour; see `growth_index`.
        terminal: (N,) int32, signed terminal residuals: the unary minus the node's outflow.
        height: (N,) int32, positive in the source's tree, negative in the sink's, 0 in neither; 1 or -1 on roots, and
            further from 0 than the parent's elsewhere. After `solve`, the positive nodes are the minimal source set.
        parent: (N,) uint8, direction of the parent in the tree.
        stamp: (N,) int32, the time at which the node was last known to be connected to a root.
        active: (a power of two above N,) int32, a ring buffer of the nodes from which a tree may grow.
        is_active: (N,) bool, whether a node is in that buffer.
        orphans: (2 N,) int32, a stack of the nodes without a parent; a node that has found one may be left in it.
        cursors: (4,) int32: start and count of `active`, count of `orphans`, the clock.
    """

    steps: NDArray[np.uint64]
    residual: NDArray[np.int16]
    terminal: NDArray[np.int32]
    height: NDArray[np.int32]
    parent: NDArray[np.uint8]
    stamp: NDArray[np.int32]
    active: NDArray[np.int32]
    is_active: NDArray[np.bool_]
    orphans: NDArray[np.int32]
    cursors: NDArray[np.int32]


ACTIVE_START, ACTIVE_COUNT, ORPHAN_COUNT, CLOCK = range(4)


class FlowScratch(NamedTuple):
    """The part of a `FlowGraph` that graphs of one size may share: it means nothing between two calls of `solve`."""

    steps: NDArray[np.uint64]
    stamp: NDArray[np.int32]
    active: NDArray[np.int32]
    is_active: NDArray[np.bool_]
    orphans: NDArray[np.int32]
    cursors: NDArray[np.int32]


def allocate_flow_scratch(height: int, width: int) -> FlowScratch:
    """Allocate the shared part for images of one size."""
    nodes = (height + 2) * (width + 2)
    ring = 1 << nodes.bit_length()
    return FlowScratch(
        steps=neighbour_steps(width),
        stamp=np.zeros(nodes, dtype=np.int32),
        active=np.zeros(ring, dtype=np.int32),
        is_active=np.zeros(nodes, dtype=np.bool_),
        orphans=np.zeros(2 * nodes, dtype=np.int32),
        cursors=np.zeros(4, dtype=np.int32),
    )


def build_graph(width: int, weights: NDArray[np.int16]) -> FlowGraph:
    """Build a graph whose unaries are 0.

    Args:
        width: the image's width in pixels.
        weights: (N, 4) int16, capacities of the n-links to each neighbour; 0 for links that touch the padding. The two
            directions of a link may differ; their sum must fit in int16. The graph owns the array and writes into it.
    """
    nodes = len(weights)
    terminal, height = np.zeros(nodes, dtype=np.int32), np.zeros(nodes, dtype=np.int32)
    scratch = allocate_flow_scratch(nodes // (int(width) + 2) - 2, int(width))
    return join_graph(weights.reshape(-1), terminal, height, np.zeros(nodes, dtype=np.uint8), scratch)


@numba.njit(cache=True, nogil=True)
def join_graph(
    residual: NDArray[np.int16],
    terminal: NDArray[np.int32],
    height: NDArray[np.int32],
    parent: NDArray[np.uint8],
    scratch: FlowScratch,
) -> FlowGraph:
    """Return the graph of one image, with shared scratch."""
    steps, stamp, active, is_active, orphans, cursors = scratch
    return FlowGraph(steps, residual, terminal, height, parent, stamp, active, is_active, orphans, cursors)


@kernel
def growth_index(side: int, node: int, near: int, direction: int) -> int:
    """Return the index of the residual capacity along which a side's tree grows from a node to a neighbour.

    That of the source grows along the link from the node, that of the sink against the link from the neighbour.
    """
    if side == SOURCE:
        index: int = node * _FOUR + np.uint64(direction)
    else:
        index = near * _FOUR + (np.uint64(direction) ^ _ONE)
    return index


@kernel
def activate(active: NDArray[np.int32], is_active: NDArray[np.bool_], cursors: NDArray[np.int32], node: int) -> None:
    """Queue a node from which its tree may grow."""
    if not is_active[node]:
        is_active[node] = True
        active[(cursors[ACTIVE_START] + cursors[ACTIVE_COUNT]) & (len(active) - 1)] = node
        cursors[ACTIVE_COUNT] += 1


@kernel
def orphan(height: NDArray[np.int32], orphans: NDArray[np.int32], cursors: NDArray[np.int32], node: int) -> None:
    """Detach a node from its parent and queue it for adoption."""
    if abs(height[node]) < LOST:
        height[node] += LOST if height[node] > 0 else -LOST
        orphans[cursors[ORPHAN_COUNT]] = node
        cursors[ORPHAN_COUNT] += 1


@kernel
def _is_rooted(
    steps: NDArray[np.uint64],
    height: NDArray[np.int32],
    parent: NDArray[np.uint8],
    stamp: NDArray[np.int32],
    now: int,
    node: int,
) -> bool:
    """Return whether the path to the top ends at a root, not at an orphan."""
    end = node
    while stamp[end] != now:
        if abs(height[end]) >= LOST:
            return False
        if parent[end] == ROOT:
            break
        end += steps[parent[end]]
    # Stamp the path, so that later calls stop early.
    stamp[end] = now
    at = node
    while at != end:
        stamp[at] = now
        at += steps[parent[at]]
    return True


@kernel
def adopt_orphans(graph: FlowGraph) -> None:
    """Attach each orphan to the lowest possible parent in its own tree, or set it free.

    A lower node cannot be a descendant of the orphan. Other candidates are traced to their roots, and the orphan rises
    above the chosen one; children that are no longer above it become orphans as well.
    """
    steps, residual, height, parent, cursors = graph.steps, graph.residual, graph.height, graph.parent, graph.cursors
    stamp, active, is_active, orphans = graph.stamp, graph.active, graph.is_active, graph.orphans
    cursors[CLOCK] += 1
    while cursors[ORPHAN_COUNT] > 0:
        cursors[ORPHAN_COUNT] -= 1
        node = np.uint64(orphans[cursors[ORPHAN_COUNT]])
        if abs(height[node]) < LOST:
            continue
        side = SOURCE if height[node] > 0 else SINK
        own = side * height[node] - LOST
        lowest = own
        toward = np.int64(-1)
        for k in range(4):
            near = node + steps[k]
            level = side * height[near]
            better = (residual[growth_index(-side, node, near, k)] > 0) & (level > 0) & (level < lowest)
            lowest = level if better else lowest
            toward = k if better else toward
        if toward >= 0:
            parent[node] = toward
            height[node] = side * own
            continue
        lowest = LOST
        lowest_child = LOST
        for direction in range(N_DIRECTIONS):
            near = node + steps[direction]
            level = side * height[near]
            if level > 0:
                if parent[near] == direction ^ 1:
                    lowest_child = min(lowest_child, level)
                elif level < lowest:
                    capacity = residual[growth_index(-side, node, near, direction)]
                    if capacity > 0 and _is_rooted(steps, height, parent, stamp, cursors[CLOCK], near):
                        lowest = level
                        toward = direction
        if toward >= 0:
            parent[node] = toward
            raised = max(lowest + 1, min(lowest + GAP, lowest_child - 1))
            height[node] = side * raised
            if lowest_child <= raised:
                # Invalidate the stamps below the new orphans.
                cursors[CLOCK] += 1
                for direction in range(N_DIRECTIONS):
                    near = node + steps[direction]
                    if 0 < side * height[near] <= raised and parent[near] == direction ^ 1:
                        orphan(height, orphans, cursors, near)
            stamp[node] = cursors[CLOCK]
            continue
        for direction in range(N_DIRECTIONS):
            near = node + steps[direction]
            if side * height[near] > 0:
                if residual[growth_index(-side, node, near, direction)] > 0:
                    activate(active, is_active, cursors, near)
                if parent[near] == direction ^ 1:
                    orphan(height, orphans, cursors, near)
        height[node] = 0
