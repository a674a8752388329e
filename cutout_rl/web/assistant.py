"""An agent that draws strokes on a user's image."""

from collections.abc import Sequence
from dataclasses import replace
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutout_rl.annotation.inference import unlabelled_sample
from cutout_rl.annotation.start_points_file import CORNER, MIDDLE
from cutout_rl.game.config import GameConfig
from cutout_rl.game.game import Game, Point
from cutout_rl.game.rules import N_DIRECTIONS, N_MOVES
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE, resize_labels
from cutout_rl.players.player import Player
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import Pen, Stroke

_SIDES: Final[tuple[tuple[Pen, int], ...]] = (("inside", LABELLED_INSIDE), ("outside", LABELLED_OUTSIDE))


class Assistant:
    """A player of the game that makes one move at a time on a drawing.

    The view is resized to the square of the player's game, whatever its aspect ratio. Each pen continues where the last
    stroke of its side ended, whether the user or the agent drew it. If a side has no stroke yet, its pen starts with a
    dot: inside in the middle, outside in a corner.

    Attributes:
        label: the player's.
        player: makes the moves.
        nothing_left: what users are told when there is no further stroke.
    """

    nothing_left: str = "The agent has made all its moves."

    def __init__(self, player: Player, game_config: GameConfig) -> None:
        """Create an assistant.

        Args:
            player: must not use the ground truth.
            game_config: of the game that the player was trained on.
        """
        self.label = player.label
        self.player = player
        self._game_config = game_config
        self._observer = game_config.observer()
        self._rules = game_config.rules()
        # The reward is not used.
        self._settings = replace(game_config, reward="end").settings()
        self._lock = Lock()

    def next_stroke(self, drawing: Drawing) -> Stroke | None:
        """Return the next stroke; None if the player stops or has made all its moves."""
        own = [edit for edit in _strokes(drawing) if edit.by == self.label and len(edit.points) > 1]
        if len(own) >= self._rules.step_count:
            return None
        trails = self._trails(drawing)
        if not trails["inside"] and not (drawing.all_labels == LABELLED_INSIDE).any():
            return self._middle_dot(drawing)
        if not trails["outside"] and not (drawing.all_labels == LABELLED_OUTSIDE).any():
            height, width = drawing.labels.shape
            return self._stroke(drawing, "outside", [(CORNER * height, CORNER * width)])
        game = self._game_of(drawing, trails, len(own))
        with self._lock:  # the clients share the player's network
            action = int(self.player.act(self._observer.observe(game)[None], [game])[0])
        return None if action >= N_MOVES else self._stroke_of(drawing, game, action)

    def estimate_iou(self, drawing: Drawing) -> float | None:
        """Return the player's own estimate of the IoU of a drawing's mask, in [0, 1]; None if it makes none."""
        return None

    def _middle_dot(self, drawing: Drawing) -> Stroke:
        height, width = drawing.labels.shape
        return self._stroke(drawing, "inside", [(MIDDLE * height, MIDDLE * width)])

    def _trails(self, drawing: Drawing) -> dict[Pen, list[Stroke]]:
        return {pen: [stroke for stroke in _strokes(drawing) if stroke.pen == pen] for pen, _ in _SIDES}

    def _stroke_of(self, drawing: Drawing, game: Game, action: int) -> Stroke:
        """Return the stroke that a move of the game draws, in pixels of the image."""
        number, direction = divmod(action, N_DIRECTIONS)
        step, length = game.path(number, direction)
        row, column = game.heads[number]
        to_view = np.array(drawing.labels.shape) / self._rules.image_size
        corners = [
            ((row + 0.5 + k * step[0]) * to_view[0], (column + 0.5 + k * step[1]) * to_view[1]) for k in (0, length)
        ]
        return self._stroke(drawing, _SIDES[number][0], corners)

    def _game_of(self, drawing: Drawing, trails: dict[Pen, list[Stroke]], step_count: int) -> Game:
        size = self._rules.image_size
        labels = resize_labels(drawing.all_labels, (size, size))
        starts, heads = (
            tuple(self._point(drawing, trails[pen], label, labels, end) for pen, label in _SIDES) for end in (0, -1)
        )
        sample = unlabelled_sample(Image.fromarray(drawing.view_image), size)
        return Game.from_labels(
            sample,
            self._settings,
            labels,
            (starts[0], starts[1]),
            (heads[0], heads[1]),
            step_count,
        )

    def _point(self, drawing: Drawing, trail: list[Stroke], label: int, labels: NDArray[np.uint8], end: int) -> Point:
        """Return where a pen started (end 0) or is (end -1), as (row, column) in the game's square."""
        if not trail:
            row, column = np.argwhere(labels == label)[0].tolist()
            return row, column
        x, y = trail[end].points[end]
        view, size = drawing.view, self._rules.image_size
        row = int((y - view.top) * size / (view.bottom - view.top))
        column = int((x - view.left) * size / (view.right - view.left))
        return min(max(row, 0), size - 1), min(max(column, 0), size - 1)

    def _stroke(self, drawing: Drawing, pen: Pen, corners: Sequence[tuple[float, float]]) -> Stroke:
        view = drawing.view
        points = tuple((view.left + column / drawing.scale, view.top + row / drawing.scale) for row, column in corners)
        side = min(view.bottom - view.top, view.right - view.left)
        return Stroke(pen, self._rules.pen_width * side / self._rules.image_size, points, self.label)


def _strokes(drawing: Drawing) -> list[Stroke]:
    return [edit for edit in drawing.edits if isinstance(edit, Stroke)]
