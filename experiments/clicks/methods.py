"""What the robot user can click on: our cuts, agents, and any Python callable."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from cutout_rl.experiments.clicks.robot import Click, Mask, Method
from cutout_rl.experiments.simulated_users import PEN_WIDTH, REFERENCE_SIZE
from cutout_rl.game.config import GameConfig
from cutout_rl.players.player import BASELINE_GROUP, make_baseline
from cutout_rl.runs.algorithms import load_config
from cutout_rl.runs.pretrained import list_pretrained
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.segmenters import make_segmenter, segmenter_names
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.assistant import Assistant
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import Pen, Stroke

DEFAULT_CUT: Final = "graphcut"


@dataclass(frozen=True)
class Cut:
    """A click is a dot of a pen, and the mask is cut from all dots, and from what an agent draws after the first.

    Attributes:
        segmenter: name of what cuts.
        assistant: the agent; it plays a game from the first click.
    """

    segmenter: str = DEFAULT_CUT
    assistant: Assistant | None = None

    def __call__(self, image: NDArray[np.uint8]) -> Callable[[Click], Mask]:
        """Take an (H, W, 3) uint8 image."""
        drawing = Drawing(image, make_segmenter(self.segmenter))
        width = max(1, round(PEN_WIDTH * max(image.shape[:2]) / REFERENCE_SIZE))

        def click(click: Click) -> Mask:
            is_first = not drawing.acts
            pen: Pen = "inside" if click.inside else "outside"
            drawing.do(Stroke(pen, width, ((float(click.column), float(click.row)),)))
            if is_first and self.assistant is not None:
                while (stroke := self.assistant.next_stroke(drawing)) is not None:
                    drawing.do(stroke)
            return drawing.full_mask()

        return click


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
    return Cut(assistant=Assistant(player, GameConfig(step_len=18, step_count=30)))


def _agent(run: RunFolder) -> Assistant:
    algorithm, config = load_config(run, "cpu")
    return Assistant(algorithm.load_player(config, run, True, "cpu"), config.game_config())
