"""A compass: the probabilities of a pen's eight directions."""

from typing import Final

import numpy as np
from matplotlib.projections.polar import PolarAxes
from numpy.typing import ArrayLike

from cutout_rl.game.rules import DIRECTION_NAMES, N_DIRECTIONS
from cutout_rl.utils.figure import INK
from cutout_rl.visualization.draw_strokes import PEN_COLOURS, PEN_NAMES

RINGS: Final = (0.1, 0.5, 1.0)
HOW_TO_READ: Final = (
    "A compass has one wedge for each of a pen's eight directions, north up. The wedge's area is the probability; the"
    " rings are at 10, 50 and 100 %. Above: the pen and its total probability."
)


def draw_compass(axes: PolarAxes, pen: int, shares: ArrayLike, chosen: int | None = None) -> None:
    """Draw the (8,) shares of a pen's directions, N clockwise, each in [0, 1], and frame the chosen direction."""
    shares = np.asarray(shares)
    angles = np.arange(N_DIRECTIONS) * 2 * np.pi / N_DIRECTIONS
    axes.set_theta_zero_location("N")
    axes.set_theta_direction(-1)
    hatch = ("", "////")[pen]
    # A wedge's area grows with the square of its radius.
    bars = axes.bar(angles, np.sqrt(shares), 0.7, color=PEN_COLOURS[pen], edgecolor="white", lw=0.3, hatch=hatch)
    if chosen is not None:
        bars[chosen].set(edgecolor=INK, linewidth=1.6)
    axes.set_ylim(0, 1)
    axes.set_yticks(np.sqrt(RINGS), [])
    axes.set_xticks(angles[::2], DIRECTION_NAMES[::2], fontsize=7)
    axes.tick_params(pad=-4)
    axes.grid(alpha=0.5)
    axes.set_title(f"{PEN_NAMES[pen].split()[0]} {shares.sum():.0%}", fontsize=8, pad=4)
