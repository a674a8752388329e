"""`python -m cutout_rl.agents.demonstrate`: record episodes of a baseline, for behavioural cloning."""

import shlex
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import tyro
from rich.console import Console

from cutout_rl.agents.algorithms.bc_config import BCConfig
from cutout_rl.agents.algorithms.demonstration_dataset import SHARED
from cutout_rl.evaluation.demonstrations import record, save
from cutout_rl.evaluation.minari_dataset import dataset_id_of, require_new_dataset, write_minari
from cutout_rl.game.config import GameConfig
from cutout_rl.players.baselines import make_baseline
from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.utils.progress import ProgressDisplay, say
from cutout_rl.utils.ranges import Count, Seed

# Settings of the recorded games that the command for cloning repeats where they are no defaults.
_REPEATED: Final = (*SHARED, "skip_bad")


@dataclass(frozen=True)
class DemonstrateArguments:
    """Record episodes of a scripted player or an oracle, for behavioural cloning."""

    out: str
    """Output folder for demonstrations.npz and demonstrations.json, or minari:ID for a Minari dataset, such as
    minari:cutout/expert-v0, which needs pip install 'cutout-rl[minari]'."""
    game: tyro.conf.OmitArgPrefixes[GameConfig]
    player: str = "tracing-expert"
    """Name of the player, in the entry-point group cutout_rl.baselines."""
    episodes: Count = 1000
    """Number of episodes. They use the images of the split in order; further rounds use other start points."""
    seed: Seed = 0
    """Seed of the start points."""


def main() -> None:
    """Parse the flags, play, and write the demonstrations."""
    arguments = parse_arguments(DemonstrateArguments, "agents.demonstrate")
    console = Console()
    player = make_baseline(arguments.player)
    dataset_id = dataset_id_of(arguments.out)
    if dataset_id is not None:
        require_new_dataset(dataset_id)
    with ProgressDisplay(console=console) as progress:
        task = progress.add_task(player.label, total=arguments.episodes, unit="episodes")
        demonstrations = record(
            player,
            arguments.game,
            arguments.episodes,
            arguments.seed,
            lambda games: progress.advance(task, games),
        )
    if dataset_id is None:
        save(demonstrations, Path(arguments.out))
    else:
        write_minari(demonstrations, dataset_id)
    say(
        console,
        f"wrote {len(demonstrations)} episodes of {player.label}, mean final IoU"
        f" {demonstrations.iou[:, -1].mean():.3f}, to {arguments.out}",
    )
    say(console, f"clone them with: {cloning_command(arguments.out, arguments.game)}")


def cloning_command(place: str, game: GameConfig) -> str:
    """Return the command that clones demonstrations of this game, with the settings that are not its defaults."""
    words = ["python", "-m", "cutout_rl.train", "--algo", "bc", "--demonstrations", place]
    defaults = {field.name: field.default for field in fields(BCConfig)}
    for name in _REPEATED:
        value = getattr(game, name)
        if value != defaults[name]:
            words += [f"--{name.replace('_', '-')}", *([] if value is True else [str(value)])]
    return shlex.join(words)


if __name__ == "__main__":
    run_command(main)
