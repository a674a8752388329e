"""The window of `render_mode="human"`."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.figure import Figure
from numpy.typing import NDArray

from cutout_rl.utils.errors import CutOutError


class Window:
    """A window that shows frames."""

    def __init__(self, fps: int) -> None:
        """Set the frame rate; the first frame opens the window."""
        self._pause = 1 / fps
        self._figure: Figure | None = None

    def show(self, frame: NDArray[np.uint8]) -> None:
        """Show a frame for 1 / fps seconds.

        Raises:
            CutOutError: there is no display.
        """
        if self._figure is None:
            self._figure = _open(frame)
        self._figure.axes[0].images[0].set_data(frame)
        self._figure.canvas.draw_idle()
        self._figure.canvas.flush_events()
        self._figure.canvas.start_event_loop(self._pause)

    def close(self) -> None:
        """Close the window."""
        if self._figure is not None:
            plt.close(self._figure)


def _open(frame: NDArray[np.uint8]) -> Figure:
    figure = plt.figure("CutOut-RL", figsize=(5, 5 * frame.shape[0] / frame.shape[1]))
    manager = figure.canvas.manager
    if manager is None or type(manager).show is FigureManagerBase.show:  # of a backend that only writes files
        plt.close(figure)
        raise CutOutError(
            "render_mode 'human' needs a display, and matplotlib finds none; use render_mode 'rgb_array'."
        )
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.imshow(frame)
    plt.show(block=False)
    return figure
