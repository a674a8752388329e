"""Scores as tidy CSV files: a row is the score of one run on one image by one measure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutout_rl.evaluation.evaluation import IOU_AFTER
from cutout_rl.evaluation.image_scores import ImageScores
from cutout_rl.experiments.records import read_table, write_rows

TRAINED: Final = ("greedy", "sampled")
_UNTRAINED: Final = ("supervised", "scripted", "oracle")
MEASURES: Final = ("final", "best", *(f"@{moves}" for moves in IOU_AFTER))


class Score(NamedTuple):
    """A row of a file.

    Attributes:
        agent: name of the agent, or a baseline's label.
        setting: of the game, such as 18x30.
        seed: of the run.
        play: how actions were chosen: "greedy" or "sampled" by an agent, "scripted" by a baseline, "oracle" by one that
            uses the ground truth, "supervised" if masks are predicted and no actions taken; or what of the agent was
            evaluated instead of its play, such as "prior alone".
        image: name of the image.
        measure: IoU at the end, the best of the episode, or after so many steps.
        value: the IoU, in [0, 1].
    """

    agent: str
    setting: str
    seed: int
    play: str
    image: str
    measure: str
    value: float


class ScoredPlayer(NamedTuple):
    """A player and its way of choosing actions, whose scores are compared with others."""

    agent: str
    play: str

    @property
    def label(self) -> str:
        """Name in tables and figures; a star marks oracles, which use the ground truth."""
        return {"scripted": self.agent, "oracle": f"{self.agent} *"}.get(self.play, f"{self.agent}, {self.play}")


def scores_of(scores: ImageScores, agent: str, setting: str, seed: int, play: str) -> list[Score]:
    """Return the rows of an evaluation, one for each measure and image."""
    return [
        Score(agent, setting, seed, play, image, measure, float(value))
        for measure, values in scores.per_image().items()
        for image, value in zip(scores.names, values, strict=True)
    ]


def write_scores(path: Path, scores: Iterable[Score]) -> None:
    """Write a file of scores."""
    write_rows(path, scores, Score)


def read_scores(path: Path) -> list[Score]:
    """Read a file of scores.

    Raises:
        CutOutError: the file is damaged.
    """
    numbers = {"seed": int, "value": float}
    return read_table(path, lambda row: Score(**(row | {name: of(row[name]) for name, of in numbers.items()})))


def by_player(scores: Sequence[Score], setting: str, measure: str) -> dict[ScoredPlayer, NDArray[np.float64]]:
    """Arrange the scores of a setting by one measure.

    Returns:
        (runs, images) float64 in [0, 1] for each player: trained agents first, then their references, supervised,
        scripted players and oracles, each in the order of the scores.
    """
    values: dict[ScoredPlayer, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for score in scores:
        if score.setting == setting and score.measure == measure:
            values[ScoredPlayer(score.agent, score.play)][score.seed].append(score.value)
    return {player: np.array(list(values[player].values())) for player in sorted(values, key=_rank)}


def _rank(player: ScoredPlayer) -> int:
    if player.play in TRAINED:
        return 0
    return 2 + _UNTRAINED.index(player.play) if player.play in _UNTRAINED else 1
