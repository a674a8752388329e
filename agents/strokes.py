"""`python -m cutout_rl.agents.strokes RUN` or `--pretrained NAME`: measure how human-like an agent's strokes are."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import isnan
from typing import Final

from rich.console import Console
from rich.table import Table

from cutout_rl.agents.explain.stroke_measures import CONTOUR_REACH, WASTED_SHARE, average_measures
from cutout_rl.data.reported_images import name_images
from cutout_rl.evaluation.comparison import ComparisonOptions, compare, load_players
from cutout_rl.evaluation.episode import episodes_of
from cutout_rl.evaluation.evaluation import Evaluation
from cutout_rl.evaluation.tables import player_table, starred
from cutout_rl.game.factory import GameFactory
from cutout_rl.runs.algorithms import load_config
from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.utils.progress import track

HEADINGS: Final = ("inside", "outside", "off axis", "area", "contour", "turning", "wasted")  # as in StrokeMeasures


@dataclass(frozen=True)
class StrokesArguments(ComparisonOptions):
    """Measure how human-like the strokes of an agent and of the baselines are, on held-out images."""


def main() -> None:
    """Parse the flags, play, and print the table."""
    arguments = parse_arguments(StrokesArguments, "agents.strokes")
    console = Console()
    run = arguments.find_run()
    algorithm, config = load_config(run)
    players = load_players(algorithm, config, run, arguments.device, arguments.seed)
    factory = arguments.factory(config)
    evaluations = compare(players, factory, arguments.indices(factory), arguments.seed, console)
    console.print(strokes_table(evaluations, factory, arguments.seed, console))


def strokes_table(evaluations: Sequence[Evaluation], factory: GameFactory, seed: int, console: Console) -> Table:
    """Measure the strokes of evaluations made with this factory and seed, and tabulate the means."""
    scores = evaluations[0]
    table = player_table(
        f"Strokes on {len(scores.names)} images ({name_images(scores.split, scores.indices)}), means over the episodes",
        "inside, outside: share of the pen's pixels on its own side. off axis: distance of the inside strokes to the"
        " object's medial axis, in radii of a disc of its area. area: share of the object under inside strokes."
        f" contour: share of its contour within {CONTOUR_REACH:g} px of a stroke. turning: angle between successive"
        f" moves of a pen. wasted: share of moves that newly label fewer pixels than {WASTED_SHARE:.0%} of step_len."
        " * uses the ground truth.",
    )
    for heading in HEADINGS:
        table.add_column(heading, justify="right", no_wrap=True)
    drawn = [evaluation for evaluation in evaluations if evaluation.draws_strokes]
    for evaluation in track(drawn, "measuring strokes", console):
        measures = average_measures(episodes_of(evaluation, factory, seed))
        cells = (_cell(field.name, getattr(measures, field.name)) for field in fields(measures))
        table.add_row(starred(evaluation), *cells)
    return table


def _cell(name: str, value: float) -> str:
    if isnan(value):
        return ""
    return f"{value:.0f}°" if name == "turning" else f"{value:.3f}"


if __name__ == "__main__":
    run_command(main)
