"""Exact minimum cuts of a 4-connected grid, warm-started after the unaries have changed.

Augmenting paths between two search trees (Boykov and Kolmogorov, "An Experimental Comparison of Min-Cut/Max-Flow
Algorithms for Energy Minimization in Vision", PAMI 2004). The flow and both trees are reused for the next cut (Kohli
and Torr, "Dynamic Graph Cuts for Efficient Inference in Markov Random Fields", PAMI 2007). Node heights increase from
parent to child, as in the incremental breadth-first search of Goldberg et al. (ESA 2011), so most orphans find a new
parent without tracing it to its root.

Each node has one signed terminal residual: the residual capacity of its t-link from the source if positive, of its
t-link to the sink if negative. Adding the same capacity to both t-links never changes the minimum cut, so a change of a
unary is one addition to this number, and the previous flow stays valid.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters.numba_kernel import kernel
from cutout_rl.segmenters.padded_grid import N_DIRECTIONS, neighbour_steps

_SOURCE = 1
_SINK = -1

# A node's parent is stored as the direction (0-3) towards it, or as this value for roots.
_ROOT = 4

# Height difference between parent and child in a growing tree, so that most orphans can rise and stay below their
# children.
_GAP = 64
# Added to the height of an orphan.
_LOST = 1 << 29


class FlowGraph(NamedTuple):
    """The residual graph of a grid and its two search trees, over N = (H + 2) * (W + 2) nodes (see `padded_grid`).

    Attributes:
        steps: (4,) uint64, offsets from a node to its neighbours.
        residual: (N, 4) int16, residual capacities of the n-links to each neighbour.
        terminal: (N,) int32, signed terminal residuals: the unary minus the node's outflow.
        height: (N,) int32, positive in the source's tree, negative in the sink's, 0 in neither; 1 or -1 on roots, and
            further from 0 than the parent's elsewhere. After `solve`, the positive nodes are the minimal source set.
        parent: (N,) uint8, direction of the parent in the tree.
        stamp: (N,) int32, the time at which the node was last known to be connected to a root.
        active: (a power of two above N,) int32, a ring buffer of the nodes from which a tree may grow.
        is_active: (N,) bool, whether a node is in that buffer.
        orphans: (a power of two above N,) int32, a ring buffer of the nodes without a parent.
        cursors: (5,) int32: start and count of `active`, start and count of `orphans`, the clock.
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


_ACTIVE_START, _ACTIVE_COUNT, _ORPHAN_START, _ORPHAN_COUNT, _CLOCK = range(5)


def build_graph(width: int, weights: NDArray[np.int16]) -> FlowGraph:
    """Build a graph whose unaries are 0.

    Args:
        width: the image's width in pixels.
        weights: (N, 4) int16, capacities of the n-links to each neighbour; 0 for links that touch the padding. The two
            directions of a link may differ; their sum must fit in int16. The graph owns the array and writes into it.
    """
    nodes = len(weights)
    ring = 1 << nodes.bit_length()
    return FlowGraph(
        # Negative offsets wrap around. Unsigned indices avoid numba's wraparound check at every access.
        steps=neighbour_steps(width).astype(np.uint64),
        residual=weights,
        terminal=np.zeros(nodes, dtype=np.int32),
        height=np.zeros(nodes, dtype=np.int32),
        parent=np.zeros(nodes, dtype=np.uint8),
        stamp=np.zeros(nodes, dtype=np.int32),
        active=np.empty(ring, dtype=np.int32),
        is_active=np.zeros(nodes, dtype=np.bool_),
        orphans=np.empty(ring, dtype=np.int32),
        cursors=np.zeros(5, dtype=np.int32),
    )


@kernel
def change_unaries(graph: FlowGraph, nodes: NDArray[np.int32], changes: NDArray[np.int32]) -> None:
    """Add to the unaries of some nodes; call `solve` before the next change.

    Args:
        graph: the graph, changed in place.
        nodes: (M,) int32, distinct nodes.
        changes: (M,) int32, positive towards the source.
    """
    steps, terminal, height, parent, cursors = graph.steps, graph.terminal, graph.height, graph.parent, graph.cursors
    active, is_active, orphans = graph.active, graph.is_active, graph.orphans
    for index in range(len(nodes)):
        node = np.uint64(nodes[index])
        terminal[node] += changes[index]
        if terminal[node] == 0:
            if height[node] != 0 and parent[node] == _ROOT:
                _orphan(height, orphans, cursors, node)
            continue
        side = _SOURCE if terminal[node] > 0 else _SINK
        if side * height[node] < 0:
            for direction in range(N_DIRECTIONS):
                near = node + steps[direction]
                if side * height[near] < 0:
                    # Otherwise this link is never visited if the node becomes free before it is processed.
                    _activate(active, is_active, cursors, near)
                    if parent[near] == direction ^ 1:
                        _orphan(height, orphans, cursors, near)
        if side * height[node] <= 0:
            _activate(active, is_active, cursors, node)
        parent[node] = _ROOT
        height[node] = side


@kernel
def solve(graph: FlowGraph) -> None:
    """Compute the maximum flow; afterwards `graph.height > 0` is the minimal source set of a minimum cut."""
    steps, residual, terminal = graph.steps, graph.residual, graph.terminal
    height, parent, active, is_active = graph.height, graph.parent, graph.active, graph.is_active
    orphans, cursors = graph.orphans, graph.cursors
    _adopt_orphans(graph)
    while cursors[_ACTIVE_COUNT] > 0:
        node = np.uint64(active[cursors[_ACTIVE_START]])
        cursors[_ACTIVE_START] = (cursors[_ACTIVE_START] + 1) & (len(active) - 1)
        cursors[_ACTIVE_COUNT] -= 1
        is_active[node] = False
        side = _SOURCE if height[node] > 0 else _SINK
        direction = 0
        while direction < N_DIRECTIONS and side * height[node] > 0:
            near = node + steps[direction]
            if side * height[near] <= 0:
                capacity = residual[node, direction] if side == _SOURCE else residual[near, direction ^ 1]
                if capacity > 0:
                    if height[near] == 0:
                        parent[near] = direction ^ 1
                        height[near] = height[node] + side * _GAP
                        _activate(active, is_active, cursors, near)
                    else:
                        pushed = min(
                            np.int32(capacity),
                            _bottleneck(steps, residual, terminal, parent, side, node),
                            _bottleneck(steps, residual, terminal, parent, -side, near),
                        )
                        residual[node, direction] -= side * pushed
                        residual[near, direction ^ 1] += side * pushed
                        _push(steps, residual, terminal, height, parent, orphans, cursors, side, node, pushed)
                        _push(steps, residual, terminal, height, parent, orphans, cursors, -side, near, pushed)
                        _adopt_orphans(graph)
                        continue
            direction += 1


@kernel
def _activate(active: NDArray[np.int32], is_active: NDArray[np.bool_], cursors: NDArray[np.int32], node: int) -> None:
    """Queue a node from which its tree may grow."""
    if not is_active[node]:
        is_active[node] = True
        active[(cursors[_ACTIVE_START] + cursors[_ACTIVE_COUNT]) & (len(active) - 1)] = node
        cursors[_ACTIVE_COUNT] += 1


@kernel
def _orphan(height: NDArray[np.int32], orphans: NDArray[np.int32], cursors: NDArray[np.int32], node: int) -> None:
    """Detach a node from its parent and queue it for adoption."""
    if abs(height[node]) < _LOST:
        height[node] += _LOST if height[node] > 0 else -_LOST
        orphans[(cursors[_ORPHAN_START] + cursors[_ORPHAN_COUNT]) & (len(orphans) - 1)] = node
        cursors[_ORPHAN_COUNT] += 1


@kernel
def _bottleneck(
    steps: NDArray[np.uint64],
    residual: NDArray[np.int16],
    terminal: NDArray[np.int32],
    parent: NDArray[np.uint8],
    side: int,
    node: int,
) -> int:
    """Return the bottleneck of the path between a node and its root's terminal, in one side's tree."""
    bottleneck = np.int32(_LOST)
    end = node
    while parent[end] != _ROOT:
        up = parent[end]
        above = end + steps[up]
        bottleneck = min(bottleneck, np.int32(residual[above, up ^ 1] if side == _SOURCE else residual[end, up]))
        end = above
    return int(min(bottleneck, np.int32(abs(terminal[end]))))


@kernel
def _push(
    steps: NDArray[np.uint64],
    residual: NDArray[np.int16],
    terminal: NDArray[np.int32],
    height: NDArray[np.int32],
    parent: NDArray[np.uint8],
    orphans: NDArray[np.int32],
    cursors: NDArray[np.int32],
    side: int,
    node: int,
    pushed: int,
) -> None:
    """Push flow from the source to the node, or from the node to the sink; saturated links make orphans."""
    end = node
    while parent[end] != _ROOT:
        up = parent[end]
        above = end + steps[up]
        residual[end, up] += side * pushed
        residual[above, up ^ 1] -= side * pushed
        if (residual[above, up ^ 1] if side == _SOURCE else residual[end, up]) == 0:
            _orphan(height, orphans, cursors, end)
        end = above
    terminal[end] -= side * pushed
    if terminal[end] == 0:
        _orphan(height, orphans, cursors, end)


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
        if abs(height[end]) >= _LOST:
            return False
        if parent[end] == _ROOT:
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
def _adopt_orphans(graph: FlowGraph) -> None:
    """Attach each orphan to the lowest possible parent in its own tree, or set it free.

    A lower node cannot be a descendant of the orphan. Other candidates are traced to their roots, and the orphan rises
    above the chosen one; children that are no longer above it become orphans as well.
    """
    steps, residual, height, parent, cursors = graph.steps, graph.residual, graph.height, graph.parent, graph.cursors
    stamp, active, is_active, orphans = graph.stamp, graph.active, graph.is_active, graph.orphans
    cursors[_CLOCK] += 1
    while cursors[_ORPHAN_COUNT] > 0:
        node = np.uint64(orphans[cursors[_ORPHAN_START]])
        cursors[_ORPHAN_START] = (cursors[_ORPHAN_START] + 1) & (len(orphans) - 1)
        cursors[_ORPHAN_COUNT] -= 1
        if abs(height[node]) < _LOST:
            continue
        side = _SOURCE if height[node] > 0 else _SINK
        own = side * height[node] - _LOST
        lowest = own
        toward = -1
        for direction in range(N_DIRECTIONS):
            near = node + steps[direction]
            level = side * height[near]
            capacity = residual[near, direction ^ 1] if side == _SOURCE else residual[node, direction]
            if capacity > 0 and 0 < level < lowest:
                lowest = level
                toward = direction
        if toward >= 0:
            parent[node] = toward
            height[node] = side * own
            continue
        lowest = _LOST
        lowest_child = _LOST
        for direction in range(N_DIRECTIONS):
            near = node + steps[direction]
            level = side * height[near]
            if level > 0:
                if parent[near] == direction ^ 1:
                    lowest_child = min(lowest_child, level)
                elif level < lowest:
                    capacity = residual[near, direction ^ 1] if side == _SOURCE else residual[node, direction]
                    if capacity > 0 and _is_rooted(steps, height, parent, stamp, cursors[_CLOCK], near):
                        lowest = level
                        toward = direction
        if toward >= 0:
            parent[node] = toward
            raised = max(lowest + 1, min(lowest + _GAP, lowest_child - 1))
            height[node] = side * raised
            if lowest_child <= raised:
                # Invalidate the stamps below the new orphans.
                cursors[_CLOCK] += 1
                for direction in range(N_DIRECTIONS):
                    near = node + steps[direction]
                    if 0 < side * height[near] <= raised and parent[near] == direction ^ 1:
                        _orphan(height, orphans, cursors, near)
            stamp[node] = cursors[_CLOCK]
            continue
        for direction in range(N_DIRECTIONS):
            near = node + steps[direction]
            if side * height[near] > 0:
                if (residual[near, direction ^ 1] if side == _SOURCE else residual[node, direction]) > 0:
                    _activate(active, is_active, cursors, near)
                if parent[near] == direction ^ 1:
                    _orphan(height, orphans, cursors, near)
        height[node] = 0
