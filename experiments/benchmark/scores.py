"""Scores as tidy CSV files: a row says what one run scored on one image by one measure."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from cutout_rl.evaluation.evaluation import IOU_AFTER, Evaluation
from cutout_rl.utils.atomic_write import replacing
from cutout_rl.utils.errors import CutOutError

Play = Literal["greedy", "sampled", "supervised", "scripted", "oracle"]
TRAINED: Final[tuple[Play, Play]] = ("greedy", "sampled")
MEASURES: Final = ("final", "best", *(f"@{moves}" for moves in IOU_AFTER))


class Score(NamedTuple):
    """A row of a file.

    Attributes:
        agent: as it was named, or a baseline's label.
        setting: of the game, such as 18x30.
        seed: of the run.
        play: how moves were chosen; an oracle sees the ground truth, and what is supervised learnt from the truth of
            other images to answer with masks, and makes no moves.
        image: its name.
        measure: IoU at the end, at its best moment, or after so many moves.
        value: the IoU, in [0, 1].
    """

    agent: str
    setting: str
    seed: int
    play: Play
    image: str
    measure: str
    value: float


class Contestant(NamedTuple):
    """Whose scores are compared."""

    agent: str
    play: Play

    @property
    def label(self) -> str:
        """What tables and figures call it; a star marks who sees the ground truth."""
        return {"scripted": self.agent, "oracle": f"{self.agent} *"}.get(self.play, f"{self.agent}, {self.play}")


def scores_of(evaluation: Evaluation, agent: str, setting: str, seed: int, play: Play) -> list[Score]:
    """Give all rows of an evaluation; without moves there is a final IoU only."""
    measured = {"final": evaluation.iou[:, -1]}
    if evaluation.moves:
        measured["best"] = evaluation.iou.max(axis=1)
        measured |= {f"@{moves}": evaluation.iou[:, min(moves, evaluation.iou.shape[1] - 1)] for moves in IOU_AFTER}
    return [
        Score(agent, setting, seed, play, image, measure, float(value))
        for measure, values in measured.items()
        for image, value in zip(evaluation.names, values, strict=True)
    ]


def write_scores(path: Path, scores: Iterable[Score]) -> None:
    """Write a file."""
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(Score._fields)
        writer.writerows(scores)


def read_scores(path: Path) -> list[Score]:
    """Read a file.

    Raises:
        CutOutError: it is damaged.
    """
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    try:
        return [
            Score(**(row | {"seed": int(row["seed"]), "value": float(row["value"])}))  # type: ignore[arg-type]
            for row in rows
        ]
    except (KeyError, TypeError, ValueError):
        raise CutOutError(f"{path} is damaged; delete it, and start again to have it made anew.") from None


def by_player(scores: Sequence[Score], setting: str, measure: str) -> dict[Contestant, NDArray[np.float64]]:
    """Arrange the scores of a setting by one measure.

    Returns:
        (runs, images) float64 in [0, 1] for each player that has any: those of trained agents first, then what is
        supervised, scripted players and oracles, else in the order of the scores.
    """
    values: dict[Contestant, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for score in scores:
        if score.setting == setting and score.measure == measure:
            values[Contestant(score.agent, score.play)][score.seed].append(score.value)
    kinds = get_args(Play)
    players = sorted(values, key=lambda player: 0 if player.play in TRAINED else kinds.index(player.play))
    return {player: np.array(list(values[player].values())) for player in players}
