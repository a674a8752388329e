"""Exact minimum cuts of a grid whose terminal capacities keep changing.

Augmenting paths between two search trees (Boykov and Kolmogorov, "An Experimental Comparison of Min-Cut/Max-Flow
Algorithms for Energy Minimization in Vision", PAMI 2004), with the flow and both trees kept from one cut to the next
(Kohli and Torr, "Dynamic Graph Cuts for Efficient Inference in Markov Random Fields", PAMI 2007). Labels that rise from
parent to child, after the incremental breadth-first search of Goldberg et al. (ESA 2011), let most orphans find a new
parent without a climb to its root.

A node has one signed terminal residual: what can still be pushed from the source into it where positive, from it into
the sink where negative. Capacity common to both terminal links (t-links) never changes the cut, so any change of a
unary is one addition to that number, and the flow found before stays valid.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters.grid import N_DIRECTIONS, neighbour_steps
from cutout_rl.segmenters.kernel import kernel

_SOURCE = 1
_SINK = -1

# A node's parent is the direction (0-3) that leads to it, or this.
_ROOT = 4

# A child's height in a growing tree is this much above its parent's, so that most orphans that have to rise fit below
# their children.
_GAP = 64
# Added to the height of an orphan.
_LOST = 1 << 29


class FlowGraph(NamedTuple):
    """The residual graph of a grid and its two search trees, over N = (H + 2) * (W + 2) nodes (see `grid`).

    Attributes:
        steps: (4,) uint64, from a node to its neighbours.
        residual: (N, 4) int16, what can still be pushed to each neighbour.
        terminal: (N,) int32, the signed terminal residual: unary minus the flow that has left the node.
        height: (N,) int32, positive in the source's tree, negative in the sink's, 0 in neither; 1 or -1 on roots, and
            further from 0 than the parent's elsewhere. After `solve`, what is positive is the minimal source set.
        parent: (N,) uint8, direction of the parent in the tree.
        stamp: (N,) int32, when the node was last known to hang on a root.
        active: (a power of two above N,) int32, a ring of the nodes whose tree may still grow.
        is_active: (N,) bool, whether a node is in that ring.
        orphans: (a power of two above N,) int32, a ring of the nodes that have lost their parent.
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
    """Make a graph without unaries.

    Args:
        width: the image's width in pixels.
        weights: (N, 4) int16, capacity to each neighbour (n-links); 0 for every link that touches the border. The two
            directions of a link may differ; their sum must fit in int16. The graph takes the array over and writes
            into it.
    """
    nodes = len(weights)
    ring = 1 << nodes.bit_length()
    return FlowGraph(
        # Negative steps wrap around; unsigned indices spare a test for Python's negative ones at every access.
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
    """Add to the unaries of some nodes; the cut is out of date until `solve`, which has to come before the next change.

    Args:
        graph: the graph to change.
        nodes: (M,) int32, each node once.
        changes: (M,) int32, positive where the source gains.
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
                    # Should the node be free before its turn to grow, nobody else would look across this link.
                    _activate(active, is_active, cursors, near)
                    if parent[near] == direction ^ 1:
                        _orphan(height, orphans, cursors, near)
        if side * height[node] <= 0:
            _activate(active, is_active, cursors, node)
        parent[node] = _ROOT
        height[node] = side


@kernel
def solve(graph: FlowGraph) -> None:
    """Push the maximum flow; afterwards `graph.height > 0` is the minimal source set of the minimum cut."""
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
                            _room(steps, residual, terminal, parent, side, node),
                            _room(steps, residual, terminal, parent, -side, near),
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
    """Queue a node whose tree may grow from it."""
    if not is_active[node]:
        is_active[node] = True
        active[(cursors[_ACTIVE_START] + cursors[_ACTIVE_COUNT]) & (len(active) - 1)] = node
        cursors[_ACTIVE_COUNT] += 1


@kernel
def _orphan(height: NDArray[np.int32], orphans: NDArray[np.int32], cursors: NDArray[np.int32], node: int) -> None:
    """Cut a node off its parent and queue it for adoption."""
    if abs(height[node]) < _LOST:
        height[node] += _LOST if height[node] > 0 else -_LOST
        orphans[(cursors[_ORPHAN_START] + cursors[_ORPHAN_COUNT]) & (len(orphans) - 1)] = node
        cursors[_ORPHAN_COUNT] += 1


@kernel
def _room(
    steps: NDArray[np.uint64],
    residual: NDArray[np.int16],
    terminal: NDArray[np.int32],
    parent: NDArray[np.uint8],
    side: int,
    node: int,
) -> int:
    """Say how much fits along the path between a node of a side's tree and its root's terminal."""
    room = np.int32(_LOST)
    end = node
    while parent[end] != _ROOT:
        up = parent[end]
        above = end + steps[up]
        room = min(room, np.int32(residual[above, up ^ 1] if side == _SOURCE else residual[end, up]))
        end = above
    return int(min(room, np.int32(abs(terminal[end]))))


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
    """Push from the source down to the node, or from the node to the sink; links that fill up make orphans."""
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
    """Say whether the way up ends at a root and not at an orphan."""
    end = node
    while stamp[end] != now:
        if abs(height[end]) >= _LOST:
            return False
        if parent[end] == _ROOT:
            break
        end += steps[parent[end]]
    # The next orphan that asks below here need not climb again.
    stamp[end] = now
    at = node
    while at != end:
        stamp[at] = now
        at += steps[parent[at]]
    return True


@kernel
def _adopt_orphans(graph: FlowGraph) -> None:
    """Give each orphan the lowest parent in its own tree, or set it free.

    A lower node cannot hang below the orphan. Others are climbed from, and the orphan rises above the one it takes;
    children that are not above it any more become orphans too.
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
                # Stamps below the new orphans would say that these hang on a root.
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
