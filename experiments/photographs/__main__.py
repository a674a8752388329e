"""`python -m cutout_rl.experiments.photographs`: agents on photographs, with pictures of where they help and fail."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from rich.table import Table

from cutout_rl.annotation.inference import estimate_iou
from cutout_rl.data import Split
from cutout_rl.experiments.assistance.finishing import calibration_error
from cutout_rl.experiments.curves import mean_interval
from cutout_rl.experiments.evaluation_sets import REAL_SETS, is_available, real_data_folder
from cutout_rl.experiments.photographs.pictures import draw_episodes
from cutout_rl.experiments.photographs.played_sets import PlayedSet, every_split, play_everything
from cutout_rl.experiments.terminal import wide_console
from cutout_rl.players.player import Player
from cutout_rl.players.predictor import ReferencedPlayer
from cutout_rl.players.scribble_reader import ScribbleReader
from cutout_rl.runs.algorithms import load_config
from cutout_rl.runs.pretrained import find_run
from cutout_rl.runs.train_config import GameTrainConfig
from cutout_rl.utils.atomic_write import write_json
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.progress import track

_SHOWN: Final = 10  # episodes in a picture


@dataclass(frozen=True)
class Arguments:
    """Play agents on images that they were not made for, from the game's two start points."""

    players: tuple[str, ...] = ("any-object", "bc-faces")
    """Pretrained agents, or folders of runs. The first is drawn."""
    sets: tuple[str, ...] = ("davis", "heads")
    """Sets of real images, all of their splits: heads, skin, hair or davis. Those that are not on this machine are
    skipped."""
    data: str | None = None
    """A folder with images/ and masks/ to play on, in place of the sets."""
    splits: tuple[Split, ...] = ("test",)
    """Splits of that folder."""
    out: Path = Path("results/photographs")
    """Output folder: scores.json, and for each set SET-best.png and SET-worst.png."""

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            CutOutError: a value is invalid.
        """
        for name in self.sets:
            require_choice("set", name, REAL_SETS)
        if not self.players or not self.splits:
            raise CutOutError("--players and --splits must name at least one each.")

    def folders(self) -> dict[str, tuple[str, str, tuple[Split, ...]]]:
        """Return the folder, the kind of masks and the splits of each set."""
        if self.data is not None:
            return {Path(self.data).name: (self.data, "masks", self.splits)}
        found = {name: REAL_SETS[name] for name in self.sets if is_available(name)}
        return {
            name: (str(real_data_folder() / folder), masks, every_split()) for name, (folder, masks) in found.items()
        }


def main() -> None:
    """Parse the flags, play, and print, write and draw the results."""
    arguments = parse_arguments(Arguments, "experiments.photographs")
    console = wide_console(110)
    folders = arguments.folders()
    for name in arguments.sets if arguments.data is None else ():
        if name not in folders:
            console.print(f"Skipped {name}: its images are not on this machine.")
    rows: list[dict[str, Any]] = []
    for images, (folder, masks, splits) in folders.items():
        for number, name in enumerate(track(arguments.players, images)):
            player, played = _play(name, folder, masks, splits)
            rows += [_row(images, name, each) for each in played]
            if isinstance(player, ScribbleReader):
                rows[-len(played)] |= _estimate_errors(player, played[0])
            if number == 0:
                _draw(images, name, played[0], arguments.out)
    write_json(arguments.out / "scores.json", rows)
    console.print(_table(rows))
    console.print(f"scores and pictures: {arguments.out}")


def _play(name: str, folder: str, masks: str, splits: Sequence[Split]) -> tuple[Player, list[PlayedSet]]:
    """Return an agent, its episodes, and what its object prior gives without it."""
    run = find_run(name)
    algorithm, config = load_config(run, "cpu")
    if not isinstance(config, GameTrainConfig):
        raise CutOutError(f"{name} does not play; name another agent.")
    player = algorithm.load_player(config, run, True, "cpu")
    references = player.references() if isinstance(player, ReferencedPlayer) else ()
    return player, [play_everything(each, config, folder, masks, splits) for each in (player, *references)]


def _estimate_errors(reader: ScribbleReader, played: PlayedSet) -> dict[str, float]:
    """Return how far the agent's estimates of the IoU of its masks are from the IoU, and of their groups' means."""
    final = played.iou[:, -1]
    estimates = np.array([estimate_iou(reader, game) for game in played.games(range(len(final)))])
    return {
        "estimate_error": float(np.abs(estimates - final).mean()),
        "calibration_error": calibration_error(estimates, final),
    }


def _draw(images: str, name: str, played: PlayedSet, out: Path) -> None:
    order = np.argsort(-played.iou[:, -1], kind="stable").tolist()
    out.mkdir(parents=True, exist_ok=True)
    legend = "blue: inside strokes, orange: outside, white: the mask, yellow: the truth"
    for kind, places in (("best", order[:_SHOWN]), ("worst", order[: -_SHOWN - 1 : -1])):
        title = f"{Path(name).name} on {images}, the {len(places)} {kind} of {len(order)} ({legend})"
        draw_episodes(played.games(places), title, out / f"{images}-{kind}.png")


def _row(images: str, agent: str, played: PlayedSet) -> dict[str, Any]:
    final, best = played.iou[:, -1], played.iou.max(axis=1)
    return {
        "images": images,
        "agent": agent,
        "player": played.label,
        "n": len(final),
        "start": float(played.iou[:, 0].mean()),
        "final": float(final.mean()),
        "final_interval": mean_interval(final),
        "best": float(best.mean()),
    }


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(
        *("images", "agent", "player"),
        title="IoU from the game's two start points",
        caption="Means over the images, with 95 % bootstrap intervals. best: the highest IoU within an episode. error:"
        " mean distance of the agent's own estimate from the final IoU; calibration: the same of the means of five"
        " groups.",
        box=None,
    )
    for name in ("n", "start", "final", "best", "error", "calibration"):
        table.add_column(name, justify="right")
    for row in rows:
        low, high = row["final_interval"] or (row["final"], row["final"])
        final = f"{row['final']:.3f} ({low:.3f}-{high:.3f})"
        cells = (row["images"], row["agent"], row["player"], f"{row['n']}", f"{row['start']:.3f}", final)
        errors = (f"{row[key]:.3f}" if key in row else "" for key in ("estimate_error", "calibration_error"))
        table.add_row(*cells, f"{row['best']:.3f}", *errors)
    return table


if __name__ == "__main__":
    run_command(main)
