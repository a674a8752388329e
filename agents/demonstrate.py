"""`python -m cutout_rl.agents.demonstrate`: record episodes of a baseline, for behavioural cloning."""

from dataclasses import dataclass
from pathlib import Path

import tyro
from rich.console import Console
from rich.progress import Progress

from cutout_rl.evaluation.demonstrations import record, save
from cutout_rl.game.config import GameConfig
from cutout_rl.players.baselines import make_baseline
from cutout_rl.utils.command import run_command


@dataclass(frozen=True)
class DemonstrateArguments:
    """Record episodes of a scripted player or an oracle, for behavioural cloning."""

    out: Path
    """Output folder for demonstrations.npz and demonstrations.json."""
    game: tyro.conf.OmitArgPrefixes[GameConfig]
    player: str = "tracing-expert"
    """Name of the player, in the entry-point group cutout_rl.baselines."""
    episodes: int = 1000
    """Number of episodes. They use the images of the split in order; further rounds use other start points."""
    seed: int = 0
    """Seed of the start points."""


def main() -> None:
    """Parse the flags, play, and write the demonstrations."""
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
        f"wrote {len(demonstrations)} episodes of {player.label}, mean final IoU"
        f" {demonstrations.iou[:, -1].mean():.3f}, to {arguments.out}; clone them with"
        f" python -m cutout_rl.train --algo bc --demonstrations {arguments.out}"
    )


if __name__ == "__main__":
    run_command(main)
