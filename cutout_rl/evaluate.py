"""`python -m cutout_rl.evaluate`: evaluate an agent on held-out images, beside the baselines."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from cutout_rl.evaluation.comparison import ComparisonOptions, compare_run
from cutout_rl.runs.algorithms import load_config
from cutout_rl.utils.atomic_write import write_json
from cutout_rl.utils.command import parse_arguments, run_command


@dataclass(frozen=True)
class EvaluateArguments(ComparisonOptions):
    """Evaluate a trained agent on held-out images, beside the baselines."""

    baselines: bool = True
    """Play the baselines too."""
    json: Path | None = None
    """File to write the figures to as well."""


def main() -> None:
    """Parse the flags and print the table."""
    arguments = parse_arguments(EvaluateArguments, "evaluate")
    console = Console()
    run = arguments.find_run()
    algorithm, config = load_config(run, arguments.device)
    factory = arguments.factory(config)
    scores, tables = compare_run(
        algorithm,
        config,
        run,
        arguments.device,
        factory,
        arguments.indices(factory),
        arguments.seed,
        console,
        arguments.baselines,
    )
    for table in tables:
        console.print(table)
    if arguments.json is not None:
        write_json(arguments.json, [score.figures() for score in scores])


if __name__ == "__main__":
    run_command(main)
