"""Solves energies with PyMaxflow; `pymaxflow.py` runs this file in an environment of its own, and nothing imports it.

`python pymaxflow_worker.py PROBLEM.npz ANSWER.npz`
"""

import sys
from time import perf_counter

import maxflow
import numpy as np

# Towards E, S, SE and SW.
STRUCTURES = [np.zeros((3, 3), np.int32) for _ in range(4)]
for structure, towards in zip(STRUCTURES, ((1, 2), (2, 1), (2, 2), (2, 0)), strict=True):
    structure[towards] = 1

with np.load(sys.argv[1], allow_pickle=False) as problem:
    unaries, capacities = problem["unaries"], problem["capacities"].astype(np.int32)

milliseconds = np.empty(len(unaries))
masks = np.empty(unaries.shape, np.bool_)
for i in range(len(unaries)):
    start = perf_counter()
    graph = maxflow.GraphInt(unaries[i].size, 4 * unaries[i].size)
    nodes = graph.add_grid_nodes(unaries[i].shape)
    for structure, capacity in zip(STRUCTURES, capacities[i], strict=True):
        graph.add_grid_edges(nodes, capacity, structure, symmetric=True)
    # PyMaxflow counts a free node to the source; with inside at the sink, the smallest mask comes out.
    graph.add_grid_tedges(nodes, np.maximum(-unaries[i], 0), np.maximum(unaries[i], 0))
    graph.maxflow()
    masks[i] = graph.get_grid_segments(nodes)
    milliseconds[i] = (perf_counter() - start) * 1000

np.savez(sys.argv[2], milliseconds=milliseconds, masks=masks)
