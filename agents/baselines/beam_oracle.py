"""A player that searches for lines of strokes with the true IoU."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutout_rl.agents.baselines.tracing_expert import TracingExpert
from cutout_rl.game.game import Game
from cutout_rl.game.rules import N_MOVES
from cutout_rl.utils.threads import map_games

WIDTH: Final = 4  # lines kept
DEPTH: Final = 2  # straight runs in a line
RUN: Final = 3  # moves in a straight run, at most
TEACHER_MOVES: Final = 6  # in the line that the tracing expert adds


class _Line(NamedTuple):
    iou: float
    first: int
    game: Game


class BeamOracle:
    """Beam search (Lowerre, 1976) over straight runs of one to three moves, with the true IoU.

    The four best lines of one run are lengthened by another, and the tracing expert's next six moves compete with
    them. The first move of the best line is made, then all is searched anew. Among lines of equal IoU the shorter one,
    then the lower move wins. A move takes about 240 cuts; the reward must be one that cuts at every step.
    """

    label = "beam oracle"
    sees_truth = True

    def __init__(self) -> None:
        """Take a expert to compete with."""
        self._expert = TracingExpert()

    def act(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        """Choose the first move of the best line in every game."""
        return np.array(map_games(self._search, games), np.int64)

    def _search(self, game: Game) -> int:
        lines = _runs(game, first=None)
        best = [self._teacher_line(game), *lines]
        for _ in range(DEPTH - 1):
            beam = sorted(lines, key=_iou_of, reverse=True)[:WIDTH]
            lines = [longer for line in beam if not line.game.done for longer in _runs(line.game, line.first)]
            best += lines
        return max(best, key=_iou_of).first

    def _teacher_line(self, game: Game) -> _Line:
        trial = game.copy()
        lines: list[_Line] = []
        while len(lines) < TEACHER_MOVES and not trial.done:
            move = int(self._expert.move_values(trial).argmax())
            first = lines[0].first if lines else move
            trial.step(move)
            lines.append(_Line(trial.iou or 0.0, first, trial))
        return max(lines, key=_iou_of)


def _iou_of(line: _Line) -> float:
    return line.iou


def _runs(game: Game, first: int | None) -> list[_Line]:
    lines = []
    trials = [game.copy() for _ in range(N_MOVES)]
    for _ in range(RUN):
        for move, trial in enumerate(trials):
            if not trial.done:
                trial.step(move)
                lines.append(_Line(trial.iou or 0.0, move if first is None else first, trial.copy()))
    return lines
