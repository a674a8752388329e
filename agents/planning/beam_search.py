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
        value: the gain in IoU, discounted by the number of moves.
    """

    iou: float
    first: int
    game: Game
    value: float


@dataclass(frozen=True)
class BeamSearch:
    """Beam search (Lowerre, 1976) over straight runs of moves.

    The best plans of one run are extended by another, and the tracing expert's next moves are further candidates. The
    value of a plan of n moves is its gain in IoU times discount^n; a loss is not discounted. Ties are resolved in
    favour of the shorter plan, then of the lower move. The game's reward must require a cut at every step; a run of 3
    moves takes 48 cuts.

    Attributes:
        depth: straight runs in a plan.
        width: plans kept and extended.
        run: most moves in a straight run.
        expert_moves: in the tracing expert's plan.
        discount: per move; below 1 it prefers plans that gain soon.
    """

    depth: int
    width: int = 4
    run: int = 3
    expert_moves: int = 6
    discount: float = 1.0

    def best_plan(self, game: Game) -> Plan:
        """Return the plan of the highest value; the game stays as it is."""
        plans = self._runs(game, game)
        candidates = [self._expert_plan(game), *plans]
        for _ in range(self.depth - 1):
            beam = sorted(plans, key=_value_of, reverse=True)[: self.width]
            plans = [longer for plan in beam if not plan.game.done for longer in self._runs(game, plan.game, plan)]
            candidates += plans
        return max(candidates, key=_value_of)

    def _expert_plan(self, game: Game) -> Plan:
        expert, trial = TracingExpert(), game.copy()
        plans: list[Plan] = []
        while len(plans) < self.expert_moves and not trial.done:
            move = int(expert.move_values(trial).argmax())
            first = plans[0].first if plans else move
            trial.step(move)
            plans.append(self._plan(game, trial, first))
        return max(plans, key=_value_of)

    def _runs(self, start: Game, game: Game, before: Plan | None = None) -> list[Plan]:
        """Return the plans that go on from `game`, which the plan `before` has reached."""
        plans = []
        trials = [game.copy() for _ in range(N_MOVES)]
        for _ in range(self.run):
            for move, trial in enumerate(trials):
                if not trial.done:
                    trial.step(move)
                    plans.append(self._plan(start, trial.copy(), move if before is None else before.first))
        return plans

    def _plan(self, start: Game, end: Game, first: int) -> Plan:
        iou = end.iou or 0.0
        gain = iou - (start.iou or 0.0)
        moves = end.step_count - start.step_count
        return Plan(iou, first, end, gain * self.discount**moves if gain > 0 else gain)


def _value_of(plan: Plan) -> float:
    return plan.value
