"""A player that plans sequences of moves with the true IoU."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutout_rl.agents.baselines.tracing_expert import TracingExpert
from cutout_rl.game.game import Game
from cutout_rl.game.rules import N_MOVES
from cutout_rl.utils.threads import map_parallel

WIDTH: Final = 4  # plans kept
DEPTH: Final = 2  # straight runs in a plan
RUN: Final = 3  # most moves in a straight run
EXPERT_MOVES: Final = 6  # in the tracing expert's plan


class _Plan(NamedTuple):
    iou: float
    first: int
    game: Game


class BeamOracle:
    """Beam search (Lowerre, 1976) over straight runs of one to three moves, with the true IoU.

    The four best plans of one run are extended by another, and the tracing expert's next six moves are a further
    candidate. The first move of the best plan is made, and the search starts again. Ties are resolved in favour of the
    shorter plan, then of the lower move. A move takes about 240 cuts; the reward must require a cut at every step.
    """

    label = "beam oracle"
    sees_truth = True

    def __init__(self) -> None:
        """Create the tracing expert."""
        self._expert = TracingExpert()

    def act(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        """Choose the first move of the best plan in every game."""
        return np.array(map_parallel(self._search, games), np.int64)

    def _search(self, game: Game) -> int:
        plans = _runs(game, first=None)
        candidates = [self._expert_plan(game), *plans]
        for _ in range(DEPTH - 1):
            beam = sorted(plans, key=_iou_of, reverse=True)[:WIDTH]
            plans = [longer for plan in beam if not plan.game.done for longer in _runs(plan.game, plan.first)]
            candidates += plans
        return max(candidates, key=_iou_of).first

    def _expert_plan(self, game: Game) -> _Plan:
        trial = game.copy()
        plans: list[_Plan] = []
        while len(plans) < EXPERT_MOVES and not trial.done:
            move = int(self._expert.move_values(trial).argmax())
            first = plans[0].first if plans else move
            trial.step(move)
            plans.append(_Plan(trial.iou or 0.0, first, trial))
        return max(plans, key=_iou_of)


def _iou_of(plan: _Plan) -> float:
    return plan.iou


def _runs(game: Game, first: int | None) -> list[_Plan]:
    plans = []
    trials = [game.copy() for _ in range(N_MOVES)]
    for _ in range(RUN):
        for move, trial in enumerate(trials):
            if not trial.done:
                trial.step(move)
                plans.append(_Plan(trial.iou or 0.0, move if first is None else first, trial.copy()))
    return plans
