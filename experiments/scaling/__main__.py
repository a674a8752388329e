"""`python -m cutout_rl.experiments.scaling`: training throughput against the number of nodes of a cluster."""

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated

from rich.table import Table

from cutout_rl.agents.rllib.config import RLlibPPOConfig
from cutout_rl.agents.training.ray_cluster import HERE, connect
from cutout_rl.experiments.records import write_rows
from cutout_rl.experiments.scaling.measurements import Measured
from cutout_rl.experiments.scaling.throughput_figure import draw_scaling
from cutout_rl.experiments.scaling.throughput_model import (
    NODES,
    Links,
    ceiling_of_learners,
    ceiling_of_one_learner,
    learner_per_node,
    nodes_that_fill_the_file_server,
    one_learner,
    runs_apart,
)
from cutout_rl.experiments.terminal import wide_console
from cutout_rl.train import parse
from cutout_rl.utils.atomic_write import write_json
from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.utils.ranges import Count, Range


@dataclass(frozen=True)
class Arguments:
    """Measure the cost of training with RLlib and the throughput on one and two nodes, and model it up to 1,000."""

    flags: str = "--prior-from ppo-faces"
    """Flags of cutout_rl.train --algo rllib-ppo; --n-envs is the number of games of each node."""
    nodes: Annotated[int, Range(0, 1000)] = 2
    """Maximum number of nodes to measure; each is a process on this machine with one core."""
    rounds: Count = 5
    """Number of updates to measure."""
    out: Path = Path("results/scaling")
    """Output folder: costs.json, nodes.csv, model.json and scaling.png."""

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            CutOutError: a value is invalid.
        """
        self.config()

    def config(self) -> RLlibPPOConfig:
        """Return the configuration of the run, which samples in the process of the learner."""
        _, config = parse(["--algo", "rllib-ppo", *shlex.split(self.flags), "--env-runners", "0"])
        assert isinstance(config, RLlibPPOConfig)
        return config


def main() -> None:
    """Parse the flags, measure, compute the model, and print, write and draw the results."""
    arguments = parse_arguments(Arguments, "experiments.scaling")
    console = wide_console(110)
    config = arguments.config()
    connect(HERE)
    import ray

    from cutout_rl.experiments.scaling.costs import measure_costs
    from cutout_rl.experiments.scaling.node_throughput import measure_nodes

    with console.status("costs") as status:
        costs = measure_costs(config, arguments.rounds, status.update)
        ray.shutdown()
        load = os.getloadavg()[0]
        measured = measure_nodes(config, arguments.nodes, arguments.rounds, status.update) if arguments.nodes else []
    out, links = arguments.out, Links()
    console.print(_costs_table(costs._asdict()))
    if measured:
        write_rows(out / "nodes.csv", measured, Measured)
        console.print(_nodes_table(measured, load))
    curves = {
        "one learner": [one_learner(nodes, costs, links) for nodes in NODES],
        "a learner on each node": [learner_per_node(nodes, costs, links) for nodes in NODES],
        "a run on each node": [runs_apart(nodes, costs, links, config.checkpoint_every) for nodes in NODES],
    }
    limits = {
        "steps/s that one learner never passes": ceiling_of_one_learner(costs, links),
        "steps/s that a learner on each node never passes": ceiling_of_learners(costs, links),
        "nodes whose runs fill the file server": nodes_that_fill_the_file_server(costs, links, config.checkpoint_every),
    }
    write_json(out / "costs.json", {**costs._asdict(), "load": load, "flags": arguments.flags})
    write_json(out / "model.json", {"nodes": NODES, "links": vars(links), "limits": limits, **curves})
    table = Table("nodes", *curves, title="Model: steps/s of training", box=None)
    for number, nodes in enumerate(NODES):
        table.add_row(f"{nodes:,}", *(f"{values[number]:,.0f}" for values in curves.values()))
    console.print(table)
    for name, limit in limits.items():
        console.print(f"{name}: {limit:,.0f}")
    draw_scaling(curves, measured, out / "scaling.png")
    console.print(f"costs, figures and model: {out}")


def _costs_table(costs: dict[str, float]) -> Table:
    table = Table("cost of one core, CPU time", "", box=None, title="Measured in one process")
    for name, unit, scale in (
        ("play", "ms per step, sampling", 1e3),
        ("update", "ms per step, update", 1e3),
        ("unpack", "µs per step, deserialization", 1e6),
        ("sample_bytes", "kB per step, sent", 1e-3),
        ("weight_bytes", "kB of weights, to each node", 1e-3),
        ("apply", "ms, loading the weights", 1e3),
        ("gradient_bytes", "kB of gradients", 1e-3),
        ("checkpoint_bytes", "kB of a checkpoint", 1e-3),
    ):
        table.add_row(unit, f"{scale * costs[name]:,.2f}")
    return table


def _nodes_table(measured: Sequence[Measured], load: float) -> Table:
    table = Table(
        *("nodes", "steps/s, wall time", "range", "steps/s, a core each", "range"),
        title=f"Measured on nodes of this machine: {os.cpu_count()} cores, load {load:.1f} before the start",
        box=None,
    )
    for nodes in sorted({row.nodes for row in measured}):
        cells = []
        for name in ("training", "unshared"):
            values = [getattr(row, name) for row in measured if row.nodes == nodes]
            cells += [f"{median(values):,.0f}", f"{min(values):,.0f}-{max(values):,.0f}"]
        table.add_row(str(nodes), *cells)
    return table


if __name__ == "__main__":
    run_command(main)
