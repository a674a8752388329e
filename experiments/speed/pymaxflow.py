"""The time of PyMaxflow on the energies of our cuts, in a temporary environment.

PyMaxflow is GPL, so the project must not import it. It is installed for this benchmark alone and runs in its own
process, which reads and writes arrays.
"""

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutout_rl.experiments.isolated_environment import install
from cutout_rl.experiments.speed.environment_speed import Position
from cutout_rl.segmenters import INSIDE, OUTSIDE, GraphCutSegmenter
from cutout_rl.segmenters.colour_model import to_lab
from cutout_rl.segmenters.energy import contrast_weights

WORKER: Final = Path(__file__).with_name("pymaxflow_worker.py")


class Energy(NamedTuple):
    """The energy that our cut minimises at a position, in nats, and its cut.

    Attributes:
        unaries: (H, W) int32, positive where inside is more likely.
        capacities: (2, H, W) int16, of the links to the neighbours E and S, the same in both directions.
        mask: (H, W) bool, the smallest mask of minimal energy, with every component kept.
    """

    unaries: NDArray[np.int32]
    capacities: NDArray[np.int16]
    mask: NDArray[np.bool_]


def energy_of(position: Position) -> Energy:
    """Compute the energy at a position and our cut."""
    segmenter = GraphCutSegmenter(components=False)
    session = segmenter.begin(position.image)
    session.label(np.argwhere(position.outside), OUTSIDE)
    session.label(np.argwhere(position.inside), INSIDE)
    mask = session.cut()
    height, width = mask.shape
    weights = contrast_weights(to_lab(position.image), segmenter.pairwise_weight)
    forward = weights.reshape(height + 2, width + 2, 4)[1:-1, 1:-1, ::2]
    return Energy(
        unaries=session.unaries.astype(np.int32),
        capacities=np.ascontiguousarray(np.moveaxis(forward, -1, 0)),
        mask=mask,
    )


def solve_with_pymaxflow(positions: list[Position]) -> list[float]:
    """Build and solve the graph of every position with PyMaxflow, and compare its cuts with ours.

    Returns:
        Milliseconds of each position, without the computation of the energies.

    Raises:
        CutOutError: PyMaxflow cannot be installed.
        RuntimeError: a cut differs from ours.
    """
    energies = [energy_of(position) for position in positions]
    with TemporaryDirectory() as folder:
        python = install(Path(folder) / "environment", ["PyMaxflow", "numpy"], "leave out --pymaxflow")
        problem, answer = Path(folder) / "problem.npz", Path(folder) / "answer.npz"
        np.savez(
            problem,
            unaries=np.stack([energy.unaries for energy in energies]),
            capacities=np.stack([energy.capacities for energy in energies]),
        )
        # -I isolates the worker from PYTHONPATH and from the modules in its folder.
        subprocess.run([python, "-I", str(WORKER), str(problem), str(answer)], check=True)
        with np.load(answer, allow_pickle=False) as solved:
            times: list[float] = solved["milliseconds"].tolist()
            masks = solved["masks"]
    different = [i for i, energy in enumerate(energies) if (energy.mask != masks[i]).any()]
    if different:
        raise RuntimeError(
            f"PyMaxflow's cuts differ from ours at {len(different)} of {len(energies)} positions: {different}"
        )
    return times
