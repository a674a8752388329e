"""The agents that can assist on the page, of which one is chosen for all clients."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, Final

from cutout_rl.players.scribble_reader import ScribbleReader
from cutout_rl.runs.algorithms import MaskAlgorithm, load_config
from cutout_rl.runs.pretrained import ANYTHING, default_pretrained
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.segmenters import GraphCutSegmenter, Segmenter, make_segmenter
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.assistant import Assistant
from cutout_rl.web.reading_assistant import make_assistant

_UNDESCRIBED: Final = {"purpose": "", "about": "", "problem": ""}


@dataclass(frozen=True)
class Agent:
    """An agent that assists.

    Attributes:
        name: as users know it.
        assistant: draws its strokes.
        segmenter: cuts the images; agents that read strokes may guide it.
    """

    name: str
    assistant: Assistant
    segmenter: Segmenter


class Agents:
    """A list of agents that are loaded when they are chosen.

    Attributes:
        current: the one that assists all clients.
    """

    def __init__(
        self, current: Agent, runs: Mapping[str, RunFolder] | None = None, load: Callable[[str], Agent] | None = None
    ) -> None:
        """Create a list.

        Args:
            current: the agent to start with.
            runs: of the agents to choose from, by name; none by default.
            load: loads an agent by its name.
        """
        self.current = current
        self._runs = dict(runs or {})
        self._load = load
        self._loaded = {current.name: current}
        self._lock = Lock()
        self._unknown = [] if current.name in self._runs else [current.name]

    def choose(self, name: str) -> None:
        """Make another agent the current one; it takes seconds to load.

        Raises:
            CutOutError: there is no such agent, or it cannot be loaded.
        """
        require_choice("agent", name, [each["name"] for each in self.listed])
        if problem := next(each["problem"] for each in self.listed if each["name"] == name):
            raise CutOutError(problem)
        with self._lock:
            if name not in self._loaded and self._load is not None:
                self._loaded[name] = self._load(name)
            self.current = self._loaded[name]

    @cached_property
    def listed(self) -> list[dict[str, Any]]:
        """The agents: name, purpose (the images it is for), more about it, and why it cannot be loaded."""
        unknown = [{"name": name, **_UNDESCRIBED} for name in self._unknown]
        known = [{"name": name, **_describe(name, run)} for name, run in self._runs.items()]
        return unknown + sorted(known, key=lambda each: (each["problem"] != "", each["purpose"], each["name"]))


def load_agent(name: str, run: RunFolder, segmenter: str, prior: bool) -> Agent:
    """Load the agent of a run.

    Args:
        name: as users know it.
        run: its folder.
        segmenter: that cuts the images.
        prior: let the agent guide the cut, if it reads strokes and the segmenter is a graph cut.

    Raises:
        CutOutError: it cannot be loaded.
    """
    algorithm, config = load_config(run, "cpu")
    player = algorithm.load_player(config, run, True, "cpu")
    cut = make_segmenter(segmenter)
    if prior and isinstance(player, ScribbleReader):
        from cutout_rl.segmenters.prior_cut import PriorCutSegmenter  # loads numba
        from cutout_rl.segmenters.scaled_cut import ScaledCutSegmenter

        if isinstance(cut, GraphCutSegmenter | ScaledCutSegmenter):
            cut = PriorCutSegmenter(player.estimate_object, cut)
    return Agent(name, make_assistant(player, config.game_config()), cut)


def _describe(name: str, run: RunFolder) -> dict[str, Any]:
    """Return what an agent is for, how it was trained, and why it cannot be loaded; "" if it can."""
    try:
        algorithm, config = load_config(run, "cpu")
        if isinstance(algorithm, MaskAlgorithm):
            raise CutOutError(f"{name} predicts masks and draws no strokes.")
        purpose = _purpose(name, config.data)
        moves = config.game_config().step_count
        about = f"Draws objects of the kind: {purpose}; at most {moves} moves; trained by {config.algo}"
        return {"purpose": purpose, "about": about, "problem": ""}
    except ModuleNotFoundError as error:
        problem = f"The agent {name} needs {error.name}, which is not installed."
    except CutOutError as error:
        problem = str(error)
    return {**_UNDESCRIBED, "problem": problem}


def _purpose(name: str, data: str) -> str:
    """Return the images that an agent is for: any object, if a package recommends it so, or what it was trained on."""
    try:
        is_general = name == default_pretrained(ANYTHING)
    except CutOutError:
        is_general = False
    return "any object" if is_general else Path(data.partition(":")[2] or data).name
