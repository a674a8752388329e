"""Search for sequences of moves with a high IoU."""

from dataclasses import dataclass
from typing import NamedTuple

from cutout_rl.agents.baselines.tracing_expert import TracingExpert
from cutout_rl.game.game import Game
from cutout_rl.game.rules import N_MOVES


class Plan(NamedTuple):
    """A sequence of moves.

    Attributes:
        iou: at its end.
        first: the first move.
        game: at its end.
    """

    iou: float
    first: int
    game: Game


@dataclass(frozen=True)
class BeamSearch:
    """Beam search (Lowerre, 1976) over straight runs of moves.

    The best plans of one run are extended by another, and the tracing expert's next moves are further candidates. Ties
    are resolved in favour of the shorter plan, then of the lower move. The game's reward must require a cut at every
    step; a run of 3 moves takes 48 cuts.

    Attributes:
        depth: straight runs in a plan.
        width: plans kept and extended.
        run: most moves in a straight run.
        expert_moves: in the tracing expert's plan.
    """

    depth: int
    width: int = 4
    run: int = 3
    expert_moves: int = 6

    def best_plan(self, game: Game) -> Plan:
        """Return the plan with the highest IoU; the game stays as it is."""
        plans = self._runs(game, first=None)
        candidates = [self._expert_plan(game), *plans]
        for _ in range(self.depth - 1):
            beam = sorted(plans, key=_iou_of, reverse=True)[: self.width]
            plans = [longer for plan in beam if not plan.game.done for longer in self._runs(plan.game, plan.first)]
            candidates += plans
        return max(candidates, key=_iou_of)

    def _expert_plan(self, game: Game) -> Plan:
        expert, trial = TracingExpert(), game.copy()
        plans: list[Plan] = []
        while len(plans) < self.expert_moves and not trial.done:
            move = int(expert.move_values(trial).argmax())
            first = plans[0].first if plans else move
            trial.step(move)
            plans.append(Plan(trial.iou or 0.0, first, trial))
        return max(plans, key=_iou_of)

    def _runs(self, game: Game, first: int | None) -> list[Plan]:
        plans = []
        trials = [game.copy() for _ in range(N_MOVES)]
        for _ in range(self.run):
            for move, trial in enumerate(trials):
                if not trial.done:
                    trial.step(move)
                    plans.append(Plan(trial.iou or 0.0, move if first is None else first, trial.copy()))
        return plans


def _iou_of(plan: Plan) -> float:
    return plan.iou
