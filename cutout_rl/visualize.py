"""`python -m cutout_rl.visualize RUN`, or `--pretrained NAME`: look at what an agent draws."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import jinja2
import numpy as np
import tyro
from PIL import Image
from rich.console import Console

from cutout_rl.algorithms import load_config
from cutout_rl.command import run_command
from cutout_rl.contact_sheet import save_contact_sheet
from cutout_rl.episode import Episode, play_episodes
from cutout_rl.evaluation import held_out_dealer
from cutout_rl.files import replacing, write_text
from cutout_rl.held_out import HeldOut
from cutout_rl.render import draw_board

BOARD_SIZE: Final = 192  # px of one game in the animation, at least
COLUMNS: Final = 4
MILLISECONDS_A_MOVE: Final = 150
MILLISECONDS_AT_THE_END: Final = 2000


@dataclass(frozen=True)
class VisualizeArguments(HeldOut):
    """Write a contact sheet of episodes, a GIF of them, and one HTML page with both."""

    episodes: int = 8
    """How many episodes."""
    sampled: bool = False
    """Draw the moves instead of playing the likeliest."""
    out: Path | None = None
    """Folder to write to. Default: RUN/visualize, or runs/NAME/visualize for a pretrained agent."""


def main() -> None:
    """Parse the flags, play, and draw."""
    arguments = tyro.cli(VisualizeArguments, prog="python -m cutout_rl.visualize")
    console = Console()
    run = arguments.find_run()
    algorithm, config = load_config(run, arguments.device)
    player = algorithm.load_player(config, run, not arguments.sampled, arguments.device)
    dealer = held_out_dealer(arguments.settings(config), arguments.split)
    with console.status("playing"):
        episodes = play_episodes(player, dealer, arguments.episodes, arguments.seed)
    # A pretrained agent's own folder lies among the installed packages.
    home = run.path if arguments.pretrained is None else Path("runs", arguments.pretrained)
    folder = arguments.out or home / "visualize"
    title = f"{player.label}, trained on {config.data}, on {dealer.settings.data} ({arguments.split} split)"
    with console.status("drawing"):
        save_contact_sheet(episodes, folder / "episodes.png", title)
        save_animation(episodes, folder / "episodes.gif")
        write_text(folder / "index.html", _page(episodes, folder, title))
    for name in ("index.html", "episodes.png", "episodes.gif"):
        console.print(f"wrote {folder / name}")


def save_animation(episodes: Sequence[Episode], path: Path) -> None:
    """Write a GIF that plays all episodes side by side, one frame a move."""
    factor = -(-BOARD_SIZE // episodes[0].start.rules.image_size)
    films = [[draw_board(game, factor) for game in episode.replay()] for episode in episodes]
    length = max(len(film) for film in films)
    films = [film + [film[-1]] * (length - len(film)) for film in films]
    blank = np.full_like(films[0][0], 255)
    films += [[blank] * length] * (-len(films) % min(COLUMNS, len(films)))
    columns = min(COLUMNS, len(films))
    frames = []
    for boards in zip(*films, strict=True):
        rows = [np.concatenate(boards[i : i + columns], axis=1) for i in range(0, len(boards), columns)]
        # Undithered, because dots that change from frame to frame would make the file three times as large.
        frames.append(Image.fromarray(np.concatenate(rows)).quantize(128, dither=Image.Dither.NONE))
    durations = [MILLISECONDS_A_MOVE] * (length - 1) + [MILLISECONDS_AT_THE_END]
    with replacing(path) as temporary:
        frames[0].save(temporary, save_all=True, append_images=frames[1:], duration=durations, loop=0)


def _page(episodes: Sequence[Episode], folder: Path, title: str) -> str:
    environment = jinja2.Environment(loader=jinja2.PackageLoader("cutout_rl"), autoescape=True)
    return environment.get_template("episodes.html").render(
        title=title,
        sheet=base64.b64encode((folder / "episodes.png").read_bytes()).decode(),
        film=base64.b64encode((folder / "episodes.gif").read_bytes()).decode(),
        episodes=episodes,
    )


if __name__ == "__main__":
    run_command(main)
