"""`python -m cutout_rl.experiments.stroke_sheet`: an agent's strokes on the first held-out images, on one sheet."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
import tyro
from PIL import Image

from cutout_rl.evaluation.agent_options import HeldOut
from cutout_rl.evaluation.episode import play_episodes
from cutout_rl.evaluation.evaluation import held_out_factory
from cutout_rl.experiments.gallery import COLOURS
from cutout_rl.game.rendering import draw_board
from cutout_rl.runs.algorithms import load_config
from cutout_rl.utils.atomic_write import replacing
from cutout_rl.utils.command import run_command
from cutout_rl.utils.errors import CutOutError

_FACTOR: Final = 2  # of the images, so that a pen of 3 px can be seen
_GAP: Final = 6  # px, white


@dataclass(frozen=True)
class StrokeSheetArguments(HeldOut):
    """Draw a sheet of an agent's games at their end: strokes, pens, and the mask's outline."""

    out: Path = Path("strokes.png")
    """The PNG file to write."""
    rows: int = 3
    """Rows of images."""
    columns: int = 6
    """Images in a row."""


def main() -> None:
    """Parse the flags, play greedily, and write the sheet."""
    arguments = tyro.cli(StrokeSheetArguments, prog="python -m cutout_rl.experiments.stroke_sheet")
    if arguments.rows < 1 or arguments.columns < 1:
        raise CutOutError("A sheet needs at least one row and one column: give --rows and --columns of 1 or more.")
    torch.set_num_threads(1)
    run = arguments.find_run()
    algorithm, config = load_config(run, arguments.device)
    player = algorithm.load_player(config, run, True, arguments.device)
    factory = held_out_factory(arguments.game_config(config), arguments.split)
    n_images = min(arguments.rows * arguments.columns, len(factory.source))
    episodes = play_episodes(player, factory, n_images, arguments.seed)
    boards = [
        np.pad(draw_board(episode.end(), _FACTOR), ((0, _GAP), (0, _GAP), (0, 0)), constant_values=255)
        for episode in episodes
    ]
    boards += [np.full_like(boards[0], 255)] * (arguments.rows * arguments.columns - len(boards))
    rows = [
        np.concatenate(boards[start:][: arguments.columns], axis=1)
        for start in range(0, len(boards), arguments.columns)
    ]
    with replacing(arguments.out) as temporary:
        sheet = Image.fromarray(np.concatenate(rows)[:-_GAP, :-_GAP])
        sheet.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(temporary, optimize=True)


if __name__ == "__main__":
    run_command(main)
