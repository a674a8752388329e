"""`python -m cutout_rl.evaluate RUN`: how good an agent is, beside the baselines."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from cutout_rl.algorithms import load_config
from cutout_rl.command import run_command
from cutout_rl.comparison import compare, load_players
from cutout_rl.files import write_json
from cutout_rl.images import Split
from cutout_rl.run_folder import RunFolder
from cutout_rl.settings import Settings
from cutout_rl.table import as_rows, as_table
from cutout_rl.train_config import Device, TrainConfig


@dataclass(frozen=True)
class HeldOut:
    """Which held-out images an agent plays."""

    run: Annotated[Path, tyro.conf.Positional]
    """Folder of a training run."""
    data: str | None = None
    """Images: "faces", or a folder with images/ and masks/. Default: what the agent was trained on."""
    masks: str | None = None
    """Which masks. Default: what the agent was trained on, where the data is the same."""
    split: Split = "test"
    """Which split of the images."""
    skip_bad: bool = False
    """Skip and list the bad pairs of a folder instead of refusing it."""
    seed: int = 0
    """Seed of the start points and of sampled moves."""
    device: Device = "cpu"
    """Where the network runs."""

    def settings(self, config: TrainConfig) -> Settings:
        """Give the game the agent was trained on, with the images asked for."""
        settings = dataclasses.replace(config.settings(), split=self.split)
        if self.data is not None:
            settings = dataclasses.replace(settings, data=self.data, masks=self.masks, skip_bad=self.skip_bad)
        elif self.masks is not None:
            settings = dataclasses.replace(settings, masks=self.masks)
        return settings


@dataclass(frozen=True)
class EvaluateArguments(HeldOut):
    """Evaluate a trained agent on held-out images, beside the baselines."""

    images: int = 100
    """How many images; fewer where the split has fewer."""
    json: Path | None = None
    """File to write the figures to as well."""


def main() -> None:
    """Parse the flags and print the table."""
    arguments = tyro.cli(EvaluateArguments, prog="python -m cutout_rl.evaluate")
    console = Console()
    run = RunFolder(arguments.run)
    algorithm, config = load_config(run)
    players = load_players(algorithm, config, run, arguments.device)
    settings = arguments.settings(config)
    evaluations = compare(players, settings, arguments.split, arguments.images, arguments.seed, console)
    n_images = len(evaluations[0].names)
    console.print(as_table(evaluations, f"{settings.data}, {settings.split} split, {n_images} images"))
    if arguments.json is not None:
        write_json(arguments.json, as_rows(evaluations))


if __name__ == "__main__":
    run_command(main)
