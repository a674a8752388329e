"""The methods that can be clicked on: segmenters, agents, and any Python callable."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from cutout_rl.experiments.clicks.clicking import Method
from cutout_rl.experiments.clicks.cut_method import CutMethod
from cutout_rl.experiments.simulated_users.clicks import Click
from cutout_rl.experiments.simulated_users.regions import PEN_WIDTH, REFERENCE_SIZE, Mask
from cutout_rl.game.config import GameConfig
from cutout_rl.players.baselines import BASELINE_GROUP, make_baseline
from cutout_rl.players.scribble_reader import ScribbleReader
from cutout_rl.runs.algorithms import load_config
from cutout_rl.runs.pretrained import ANYTHING, default_pretrained, find_pretrained, list_pretrained
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.segmenters import make_segmenter, segmenter_names
from cutout_rl.segmenters.prior_cut import PredictObject, PriorCutSegmenter
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.assistant import Assistant
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import Pen, Stroke
from cutout_rl.web.reading_assistant import make_assistant

DEFAULT_CUT: Final = "graphcut"
CUT_WITH_PRIOR: Final = "graphcut-prior"


@dataclass(frozen=True)
class AgentMethod:
    """A method that draws each click as a dot on a drawing of the page, and lets an agent go on from the first one.

    Attributes:
        assistant: the agent; it plays one episode, from the first click.
    """

    assistant: Assistant

    def __call__(self, image: NDArray[np.uint8]) -> Callable[[Click], Mask]:
        """Start on an (H, W, 3) uint8 image, and return a function from each click to the (H, W) bool mask."""
        drawing = Drawing(image, make_segmenter(DEFAULT_CUT))
        width = max(1, round(PEN_WIDTH * max(image.shape[:2]) / REFERENCE_SIZE))

        def click(click: Click) -> Mask:
            is_first = not drawing.edits
            pen: Pen = "inside" if click.inside else "outside"
            drawing.apply(Stroke(pen, width, ((float(click.column), float(click.row)),)))
            if is_first:
                while (stroke := self.assistant.next_stroke(drawing)) is not None:
                    drawing.apply(stroke)
            return drawing.full_mask()

        return click


def find_method(name: str, prior: str | None = None) -> Method:
    """Return a method by its name.

    Args:
        name: a segmenter; "graphcut-prior"; a pretrained agent, the folder of a run or a baseline, which continue from
            the first click; or MODULE:CALLABLE, a `Method` of the user's own.
        prior: MODULE:CALLABLE, the `PredictObject` of "graphcut-prior"; None for the agent for any object.

    Raises:
        CutOutError: there is no such method, or it uses the ground truth.
    """
    if ":" in name:
        return cast(Method, _load("method", name))
    if (Path(name) / "run.json").exists():
        return AgentMethod(_assistant(RunFolder(Path(name))))
    if name == CUT_WITH_PRIOR:
        return CutMethod(PriorCutSegmenter(_reader_of_strokes() if prior is None else _load("prior", prior)))
    segmenters, agents = segmenter_names(), list_pretrained()
    baselines = [entry.name for entry in entry_points(group=BASELINE_GROUP)]
    require_choice("method", name, [*segmenters, CUT_WITH_PRIOR, *agents, *baselines])
    if name in segmenters:
        return CutMethod(make_segmenter(name))
    if name in agents:
        return AgentMethod(_assistant(agents[name]))
    player = make_baseline(name)
    if player.sees_truth:
        raise CutOutError(f"The player {name!r} uses the ground truth; choose one that does not.")
    return AgentMethod(Assistant(player, GameConfig(step_len=18, step_count=30)))


def _reader_of_strokes() -> PredictObject:
    run = find_pretrained(default_pretrained(ANYTHING))
    algorithm, config = load_config(run, "cpu")
    player = algorithm.load_player(config, run, True, "cpu")
    if not isinstance(player, ScribbleReader):
        raise CutOutError(f"The agent {run.path.name} reads no strokes; name a predictor: --prior MODULE:CALLABLE.")
    return player.estimate_object


def _load(kind: str, name: str) -> Any:
    try:
        return EntryPoint(name, name, "").load()
    except (ImportError, AttributeError) as error:
        raise CutOutError(
            f"The {kind} {name!r} cannot be imported ({error}); run the command in the folder of its module."
        ) from None


def _assistant(run: RunFolder) -> Assistant:
    algorithm, config = load_config(run, "cpu")
    return make_assistant(algorithm.load_player(config, run, True, "cpu"), config.game_config())
