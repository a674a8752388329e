"""`python -m cutout_rl.agents.demonstrate`: let a scripted player play, and keep what it did for others to learn from."""

from dataclasses import dataclass
from pathlib import Path

import tyro
from rich.console import Console
from rich.progress import Progress

from cutout_rl.evaluation.demonstrations import record, save
from cutout_rl.game.config import GameConfig
from cutout_rl.players.player import make_baseline
from cutout_rl.utils.command import run_command


@dataclass(frozen=True)
class DemonstrateArguments:
    """Record episodes of a scripted player or an oracle."""

    out: Path
    """Folder to write demonstrations.npz and demonstrations.json to."""
    game: tyro.conf.OmitArgPrefixes[GameConfig]
    player: str = "tracing-expert"
    """Who plays, by its name in the entry-point group cutout_rl.baselines."""
    episodes: int = 1000
    """How many episodes: the images of the split in order, again from other start points when all were played."""
    seed: int = 0
    """Seed of the start points."""


def main() -> None:
    """Parse the flags, play and write."""
    arguments = tyro.cli(DemonstrateArguments, prog="python -m cutout_rl.agents.demonstrate")
    console = Console()
    player = make_baseline(arguments.player)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(player.label, total=arguments.episodes)
        demonstrations = record(
            player,
            arguments.game,
            arguments.episodes,
            arguments.seed,
            lambda games: progress.advance(task, games),
        )
    save(demonstrations, arguments.out)
    console.print(
        f"{len(demonstrations)} episodes of {player.label}, mean final IoU {demonstrations.iou[:, -1].mean():.3f},"
        f" are kept in {arguments.out}; learn from them:"
        f" python -m cutout_rl.train --algo bc --demonstrations {arguments.out}"
    )


if __name__ == "__main__":
    run_command(main)
