"""What the robot user can click on: our cuts, agents, and any Python callable."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from cutout_rl.algorithms import load_config
from cutout_rl.choices import require_choice
from cutout_rl.errors import CutOutError
from cutout_rl.page.acts import PERSON, Act, Pen, Stroke
from cutout_rl.page.assistant import Assistant
from cutout_rl.page.drawing import Drawing
from cutout_rl.player import BASELINE_GROUP, make_baseline
from cutout_rl.pretrained import list_pretrained
from cutout_rl.run_folder import RunFolder
from cutout_rl.segmenters import make_segmenter, segmenter_names
from cutout_rl.settings import Settings
from experiments.clicks.robot import Click, Mask, Method
from experiments.simulated_users import PEN_WIDTH, REFERENCE_SIZE

DEFAULT_CUT: Final = "graphcut"
REACH: Final = 1 / 8  # of an image's longer side


@dataclass(frozen=True)
class Cut:
    """A click is a dot of a pen, and the mask is cut from all dots, and from what an agent draws after the first.

    Attributes:
        segmenter: name of what cuts.
        assistant: the agent; it plays a game from the first click. Each further click takes those of its strokes back
            that belong to the other pen and pass within an eighth of the image's longer side.
    """

    segmenter: str = DEFAULT_CUT
    assistant: Assistant | None = None

    def __call__(self, image: NDArray[np.uint8]) -> Callable[[Click], Mask]:
        """Take an (H, W, 3) uint8 image."""
        drawing = Drawing(image, make_segmenter(self.segmenter))
        width = max(1, round(PEN_WIDTH * max(image.shape[:2]) / REFERENCE_SIZE))

        reach = REACH * max(image.shape[:2])

        def click(click: Click) -> Mask:
            nonlocal drawing
            is_first = not drawing.acts
            kept = [act for act in drawing.acts if not _is_overruled(act, click, reach)]
            if len(kept) < len(drawing.acts):
                drawing = Drawing(image, make_segmenter(self.segmenter), kept)
            drawing.do(Stroke(_pen(click), width, ((float(click.column), float(click.row)),)))
            if is_first and self.assistant is not None:
                while (stroke := self.assistant.next_stroke(drawing)) is not None:
                    drawing.do(stroke)
            return drawing.full_mask()

        return click


def _pen(click: Click) -> Pen:
    return "inside" if click.inside else "outside"


def _is_overruled(act: Act, click: Click, reach: float) -> bool:
    """Say whether a click speaks against an agent's stroke."""
    if not isinstance(act, Stroke) or act.by == PERSON or act.pen == _pen(click):
        return False
    corners = np.array(act.points)
    start, way = corners[0], corners[-1] - corners[0]
    along = np.dot((click.column, click.row) - start, way) / max(float(np.dot(way, way)), 1e-9)
    nearest = start + np.clip(along, 0, 1) * way
    return bool(np.hypot(*(nearest - (click.column, click.row))) <= reach)


def find_method(name: str) -> Method:
    """Find what is clicked on by its name.

    Args:
        name: of a segmenter, of a pretrained agent or a scripted player that goes on from the clicks; the folder of a
            run; or MODULE:CALLABLE, a `Method` of one's own.

    Raises:
        CutOutError: there is no such method, or it sees the truth.
    """
    if ":" in name:
        try:
            return cast(Method, EntryPoint(name, name, "").load())
        except (ImportError, AttributeError) as error:
            raise CutOutError(
                f"The method {name!r} cannot be imported ({error}); start from the folder of its module."
            ) from None
    if (Path(name) / "run.json").exists():
        return Cut(assistant=_agent(RunFolder(Path(name))))
    segmenters, agents = segmenter_names(), list_pretrained()
    players = [entry.name for entry in entry_points(group=BASELINE_GROUP)]
    require_choice("method", name, [*segmenters, *agents, *players])
    if name in segmenters:
        return Cut(name)
    if name in agents:
        return Cut(assistant=_agent(agents[name]))
    player = make_baseline(name)
    if player.sees_truth:
        raise CutOutError(f"The player {name!r} looks at the truth, which nobody who is clicked knows; name another.")
    return Cut(assistant=Assistant(player, Settings(step_len=18, step_count=30)))


def _agent(run: RunFolder) -> Assistant:
    algorithm, config = load_config(run, "cpu")
    return Assistant(algorithm.load_player(config, run, True, "cpu"), config.settings())
