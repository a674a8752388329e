"""The results of a study's runs, from which its claims are computed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from cutout_rl.experiments.scores import Score, ScoredPlayer, by_player
from cutout_rl.experiments.statistics import Scores, interquartile_interval, interquartile_mean

PLAY: Final = "sampled"  # agents are compared with sampled actions, as in training


class CurvePoint(NamedTuple):
    """A point of a run's learning curve: the mean over the last 100 episodes."""

    agent: str
    seed: int
    timesteps: float
    seconds: float
    value: float


@dataclass(frozen=True)
class Results:
    """The scores and the learning curves of all runs.

    Attributes:
        agents: the agents compared, in order.
        scores: of all agents and baselines.
        curves: the points of the learning curves of all runs.
    """

    agents: Sequence[str]
    scores: Sequence[Score]
    curves: Sequence[CurvePoint]

    def held_out(self, agent: str, measure: str = "final", play: str = PLAY) -> Scores:
        """Return an agent's (runs, images) float64 scores."""
        return self._players(agent, measure)[ScoredPlayer(agent, play)]

    def baselines(self, agent: str) -> dict[str, Scores]:
        """Return the (1, images) final IoU of the baselines in an agent's game, by their labels."""
        players = self._players(agent, "final")
        return {player.label: values for player, values in players.items() if player.play in ("scripted", "oracle")}

    def curves_of(self, agent: str) -> list[list[CurvePoint]]:
        """Return an agent's learning curves, a list for each seed."""
        own = [point for point in self.curves if point.agent == agent]
        return [[point for point in own if point.seed == seed] for seed in sorted({point.seed for point in own})]

    def common_seconds(self) -> float:
        """Return the wall time of the shortest run."""
        return min(curve[-1].seconds for agent in self.agents for curve in self.curves_of(agent))

    def at_equal_time(self, agent: str) -> Scores:
        """Return the (runs, 1) values of an agent's learning curves at the wall time of the study's shortest run.

        Curves are interpolated linearly, and constant before their first point.
        """
        time = self.common_seconds()
        return np.array(
            [
                [np.interp(time, [point.seconds for point in curve], [point.value for point in curve])]
                for curve in self.curves_of(agent)
            ]
        )

    def rates(self, agent: str) -> Scores:
        """Return an agent's (runs, 1) steps per second of wall time, validations included."""
        return np.array([[curve[-1].timesteps / curve[-1].seconds] for curve in self.curves_of(agent)])

    def rows(self) -> list[dict[str, Any]]:
        """Return a JSON-able row for each player and measure."""
        measures = dict.fromkeys((score.setting, score.measure) for score in self.scores)
        rows = [
            _row(player.agent, player.play, setting, measure, values)
            for setting, measure in measures
            for player, values in by_player(self.scores, setting, measure).items()
        ]
        for agent in self.agents if self.curves else ():
            setting = self._setting(agent)
            rows.append(_row(agent, PLAY, setting, "in training, equal wall time", self.at_equal_time(agent)))
            rows.append(_row(agent, PLAY, setting, "steps/s", self.rates(agent)))
        return rows

    def _players(self, agent: str, measure: str) -> dict[ScoredPlayer, Scores]:
        return by_player(self.scores, self._setting(agent), measure)

    def _setting(self, agent: str) -> str:
        return next(score.setting for score in self.scores if score.agent == agent)


def _row(agent: str, play: str, setting: str, measure: str, values: Scores) -> dict[str, Any]:
    interval = interquartile_interval([values])
    return {
        "agent": agent,
        "play": play,
        "setting": setting,
        "measure": measure,
        "runs": values.shape[0],
        "images": values.shape[1],
        "mean": float(values.mean()),
        "interquartile_mean": float(interquartile_mean([values])),
        "interval": None if interval is None else [float(interval.low), float(interval.high)],
    }
