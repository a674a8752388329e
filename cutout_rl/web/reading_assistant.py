"""An agent that reads a person's scribbles, and draws only what it expects to help."""

from collections.abc import Sequence
from threading import Lock
from typing import Final
from weakref import WeakKeyDictionary

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.game.config import GameConfig
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.game.rules import N_MOVES
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE
from cutout_rl.players.player import Player
from cutout_rl.players.scribble_reader import ScribbleReader
from cutout_rl.web.assistant import Assistant
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import Edit, Stroke

_LEAST_AGREEMENT: Final = 0.85  # IoU of a person's mask with what the player takes for the object
_TRUST: Final = np.float32(1.0)  # log-odds that a person's mask adds to what the player takes for the object
_CERTAIN: Final = -1.4  # log-odds of the object below which a pixel may get the first dot outside


class ReadingAssistant(Assistant):
    """An assistant whose player is a `ScribbleReader`.

    It plans a turn at once, from the scribbles so far, and tries the plan on a copy of the drawing. It draws the first
    strokes of the plan, up to the one after which the player's own estimate of the IoU is highest. It draws nothing if
    that is less than `least_gain` better than what the person has, or if the person's mask and what the player takes
    for the object have an IoU below 0.85: then one of them means something else. From a dot inside and one outside, and
    from nothing, it draws in any case.
    """

    nothing_left = "The agent expects no stroke of its own to help."

    def __init__(self, player: Player, game_config: GameConfig) -> None:
        """Create an assistant; see `Assistant`. The player must be a `ScribbleReader`."""
        super().__init__(player, game_config)
        assert isinstance(player, ScribbleReader)
        self._reader: ScribbleReader = player
        self._turns: WeakKeyDictionary[Drawing, tuple[list[Edit], list[Stroke]]] = WeakKeyDictionary()
        self._turns_lock = Lock()

    def next_stroke(self, drawing: Drawing) -> Stroke | None:
        """Return the next stroke of the turn; None if nothing more is expected to help."""
        edits = list(drawing.edits)
        drawn = 0
        while drawn < len(edits) and _is_by(edits[-1 - drawn], self.label):
            drawn += 1
        begun = edits[: len(edits) - drawn]
        with self._turns_lock:
            turn = self._turns.get(drawing)
            if turn is None or turn[0] != begun:
                turn = self._turns[drawing] = begun, self._plan(drawing.with_edits(begun))
        strokes = turn[1]
        return strokes[drawn] if drawn < len(strokes) else None

    def estimate_iou(self, drawing: Drawing) -> float | None:
        """Estimate the IoU of a drawing's mask, in [0, 1]; None before the first scribble inside."""
        if not (drawing.all_labels == LABELLED_INSIDE).any():
            return None
        return self._reader.estimate_iou(self._estimate_object(drawing), drawing.mask(), self._count(drawing.edits))

    def _estimate_object(self, drawing: Drawing) -> NDArray[np.float32]:
        if (log_odds := drawing.predict_object()) is not None:
            return np.asarray(log_odds, np.float32)
        return self._reader.estimate_object(drawing.view_image, drawing.all_labels, drawing.mask())

    def _count(self, edits: Sequence[Edit]) -> int:
        """Return the number of a person's edits: the agent's own strokes say nothing new about the object."""
        return sum(not _is_by(edit, self.label) for edit in edits)

    def _plan(self, drawing: Drawing) -> list[Stroke]:
        """Return the strokes of a turn; the drawing is changed."""
        strokes: list[Stroke] = []
        if not (drawing.all_labels == LABELLED_INSIDE).any():
            strokes.append(self._middle_dot(drawing))
            drawing.apply(strokes[0])
        mask = drawing.mask()
        log_odds = self._estimate_object(drawing)
        nothing = np.zeros_like(mask)
        is_start = bool(strokes) or _are_start_points(drawing.edits)
        if not is_start and intersection_over_union(mask, log_odds > 0, nothing) < _LEAST_AGREEMENT:
            return []
        if not is_start:
            log_odds = log_odds + np.where(mask, _TRUST, -_TRUST)
        count = self._count(drawing.edits)
        estimates = [self._reader.estimate_iou(log_odds, mask, count)]
        planned = self._planned_strokes(drawing, log_odds)
        drawing.is_draft = True  # the agent's own strokes say nothing new about the object
        for stroke in planned:
            drawing.apply(stroke)
            estimates.append(self._reader.estimate_iou(log_odds, drawing.mask(), count))
        best = int(np.argmax(estimates))
        if not is_start and estimates[best] < estimates[0] + self._reader.least_gain:
            return []
        return strokes + planned[:best]

    def _planned_strokes(self, drawing: Drawing, log_odds: NDArray[np.float32]) -> list[Stroke]:
        """Play on the drawing until the player stops."""
        first = [] if (drawing.all_labels == LABELLED_OUTSIDE).any() else _outside_dot(log_odds)
        strokes = [self._stroke(drawing, "outside", first)] if first else []
        start = drawing.with_edits([*drawing.edits, *strokes]) if strokes else drawing
        if not (start.all_labels == LABELLED_OUTSIDE).any():
            return []  # there is no background
        game = self._game_of(start, self._trails(start), 0)
        size = self._rules.image_size
        belief = cv2.resize(log_odds, (size, size), interpolation=cv2.INTER_AREA) > 0
        while not game.done:
            action = int(self._reader.act_on_beliefs([game], [belief])[0])
            if action >= N_MOVES:
                break
            strokes.append(self._stroke_of(start, game, action))
            game.step(action)
        return strokes


def make_assistant(player: Player, game_config: GameConfig) -> Assistant:
    """Create the assistant of a player, which must not use the ground truth, and of the game it was trained on."""
    return (ReadingAssistant if isinstance(player, ScribbleReader) else Assistant)(player, game_config)


def _are_start_points(edits: Sequence[Edit]) -> bool:
    """Return whether a person has drawn nothing but a dot inside and one outside."""
    dots = [edit.pen for edit in edits if isinstance(edit, Stroke) and len(edit.points) == 1]
    return len(edits) == len(dots) and sorted(dots) == ["inside", "outside"]


def _is_by(edit: Edit, author: str) -> bool:
    return isinstance(edit, Stroke) and edit.by == author


def _outside_dot(log_odds: NDArray[np.float32]) -> Sequence[tuple[float, float]]:
    """Return the (row, column) deepest in the background, in a list; an empty one if there is no background."""
    background = np.pad(log_odds < _CERTAIN, 1).view(np.uint8)
    depth = cv2.distanceTransform(background, cv2.DIST_L2, cv2.DIST_MASK_5)[1:-1, 1:-1]
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return [(float(row) + 0.5, float(column) + 0.5)] if depth[row, column] > 0 else []
