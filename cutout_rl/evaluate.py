"""`python -m cutout_rl.evaluate RUN`, or `--pretrained NAME`: how good an agent is, beside the baselines."""

from dataclasses import dataclass
from pathlib import Path

import tyro
from rich.console import Console

from cutout_rl.evaluation.comparison import ComparedAgent
from cutout_rl.evaluation.tables import as_rows, as_table
from cutout_rl.utils.atomic_write import write_json
from cutout_rl.utils.command import run_command


@dataclass(frozen=True)
class EvaluateArguments(ComparedAgent):
    """Evaluate a trained agent on held-out images, beside the baselines."""

    baselines: bool = True
    """Play the baselines too."""
    json: Path | None = None
    """File to write the figures to as well."""


def main() -> None:
    """Parse the flags and print the table."""
    arguments = tyro.cli(EvaluateArguments, prog="python -m cutout_rl.evaluate")
    console = Console()
    evaluations, factory = arguments.compare(console, arguments.baselines)
    console.print(as_table(evaluations, factory.game_config))
    if arguments.json is not None:
        write_json(arguments.json, as_rows(evaluations))


if __name__ == "__main__":
    run_command(main)
