"""Scores as tidy CSV files: a row is the score of one run on one image by one measure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from cutout_rl.evaluation.evaluation import IOU_AFTER
from cutout_rl.evaluation.image_scores import ImageScores
from cutout_rl.experiments.records import read_table, write_rows

Play = Literal["greedy", "sampled", "supervised", "scripted", "oracle"]
TRAINED: Final[tuple[Play, Play]] = ("greedy", "sampled")
MEASURES: Final = ("final", "best", *(f"@{moves}" for moves in IOU_AFTER))


class Score(NamedTuple):
    """A row of a file.

    Attributes:
        agent: name of the agent, or a baseline's label.
        setting: of the game, such as 18x30.
        seed: of the run.
        play: how actions were chosen; "oracle" uses the ground truth, "supervised" predicts masks and takes no actions.
        image: name of the image.
        measure: IoU at the end, the best of the episode, or after so many steps.
        value: the IoU, in [0, 1].
    """

    agent: str
    setting: str
    seed: int
    play: Play
    image: str
    measure: str
    value: float


class ScoredPlayer(NamedTuple):
    """A player and its way of choosing actions, whose scores are compared with others."""

    agent: str
    play: Play

    @property
    def label(self) -> str:
        """Name in tables and figures; a star marks oracles, which use the ground truth."""
        return {"scripted": self.agent, "oracle": f"{self.agent} *"}.get(self.play, f"{self.agent}, {self.play}")


def scores_of(scores: ImageScores, agent: str, setting: str, seed: int, play: Play) -> list[Score]:
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
        (runs, images) float64 in [0, 1] for each player: trained agents first, then supervised, scripted players and
        oracles, each in the order of the scores.
    """
    values: dict[ScoredPlayer, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for score in scores:
        if score.setting == setting and score.measure == measure:
            values[ScoredPlayer(score.agent, score.play)][score.seed].append(score.value)
    kinds = get_args(Play)
    players = sorted(values, key=lambda player: 0 if player.play in TRAINED else kinds.index(player.play))
    return {player: np.array(list(values[player].values())) for player in players}
