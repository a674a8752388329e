"""`python -m cutout_rl.experiments.stroke_sheet`: a sheet of an agent's strokes on the first held-out images."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from PIL import Image

from cutout_rl.evaluation.agent_options import AgentOptions
from cutout_rl.evaluation.episode import play_episodes
from cutout_rl.evaluation.evaluation import held_out_factory, held_out_images
from cutout_rl.game.rendering import draw_board
from cutout_rl.runs.algorithms import load_config
from cutout_rl.utils.atomic_write import replacing
from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.utils.ranges import Count

_FACTOR: Final = 2  # magnification, so that a pen of 3 px is visible
_GAP: Final = 6  # px, transparent
_COLOURS: Final = 255  # of the file, which makes it half as large; the gaps have one more


@dataclass(frozen=True)
class StrokeSheetArguments(AgentOptions):
    """Draw a sheet of the ends of an agent's episodes: strokes, pens, and the outline of the mask."""

    out: Path = Path("strokes.png")
    """The PNG file to write."""
    rows: Count = 3
    """Number of rows."""
    columns: Count = 4
    """Number of images in a row."""


def main() -> None:
    """Parse the flags, play greedily, and write the sheet."""
    arguments = parse_arguments(StrokeSheetArguments, "experiments.stroke_sheet")
    torch.set_num_threads(1)
    run = arguments.find_run()
    algorithm, config = load_config(run, arguments.device)
    player = algorithm.load_player(config, run, True, arguments.device)
    factory = held_out_factory(arguments.game_config(config), arguments.split)
    images = held_out_images(factory, arguments.rows * arguments.columns, arguments.first)
    episodes = play_episodes(player, factory, images, arguments.seed)
    side = _FACTOR * factory.game_config.image_size
    stride = side + _GAP
    sheet = np.zeros((arguments.rows * stride - _GAP, arguments.columns * stride - _GAP, 3), np.uint8)
    is_gap = np.ones(sheet.shape[:2], np.bool_)
    for number, episode in enumerate(episodes):
        top, left = (stride * place for place in divmod(number, arguments.columns))
        sheet[top : top + side, left : left + side] = draw_board(episode.end(), _FACTOR)
        is_gap[top : top + side, left : left + side] = False
    picture = Image.fromarray(sheet).quantize(_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    picture.putpalette([*(picture.getpalette() or ()), 0, 0, 0])  # the gaps' colour, which is never seen
    picture.paste(_COLOURS, mask=Image.fromarray(is_gap))
    with replacing(arguments.out) as temporary:
        picture.save(temporary, optimize=True, transparency=_COLOURS)
    print(f"wrote {arguments.out}")


if __name__ == "__main__":
    run_command(main)
