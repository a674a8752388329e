"""One episode: an image, two pens, and the mask their strokes make."""

from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.source import Sample
from cutout_rl.game.reward import RewardKind, intersection_over_union, reward_of, worth_of
from cutout_rl.game.rules import DIRECTIONS, N_DIRECTIONS, STOP, Rules
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE, draw_stroke, room
from cutout_rl.segmenters.base import INSIDE, OUTSIDE, Segmenter, Session

Point = tuple[int, int]

_PEN_LABELS = ((LABELLED_INSIDE, INSIDE), (LABELLED_OUTSIDE, OUTSIDE))


class Info(TypedDict, total=False):
    """What reset and step tell beside the observation.

    The IoU is left out where the reward does not need it: under `reward="end"` the cut is made once, at the end.
    """

    name: str
    step: int
    iou: float
    best_iou: float


@dataclass(frozen=True)
class Outcome:
    """What one move brought."""

    reward: float
    terminated: bool
    truncated: bool
    info: Info

    @property
    def done(self) -> bool:
        """Say whether the episode is over."""
        return self.terminated or self.truncated


class Game:
    """The state of one episode; moves change it, nothing else does.

    Attributes:
        sample: the image and its truth.
        rules: lengths and counts.
        labels: (H, W) uint8, 0 unlabelled, 1 inside scribble, 2 outside scribble.
        starts: (row, column) where the inside and the outside pen began.
        heads: (row, column) where they are.
        step_count: moves made so far.
        strokes: (pen, from, to) of every move so far, in order; a stop draws none.
        iou: IoU of the newest mask, None before the first cut.
        best_iou: the highest IoU of the episode so far, the start included, None before the first cut.
        done: whether the episode is over.
    """

    def __init__(
        self, sample: Sample, start: tuple[Point, Point], rules: Rules, segmenter: Segmenter, reward: RewardKind
    ) -> None:
        """Mark both start points and, unless the reward waits for the end, cut for the first time."""
        self.sample = sample
        self.rules = rules
        self.labels = np.zeros(sample.mask.shape, np.uint8)
        self.starts = start
        self.heads = list(start)
        self.step_count = 0
        self.strokes: list[tuple[int, Point, Point]] = []
        self.iou: float | None = None
        self.best_iou: float | None = None
        self.done = False
        self._segmenter = segmenter
        self._session: Session | None = None
        self._mask: NDArray[np.bool_] | None = None
        self._reward = reward
        self._worth = 0.0
        for pen in (0, 1):
            self._draw(pen, (0, 0), 0)
        if reward != "end":
            self._score()

    def step(self, action: int) -> Outcome:
        """Make a move.

        Args:
            action: 0-7 moves the inside pen, 8-15 the outside pen, N clockwise; 16 stops where the rules have it.

        Raises:
            ValueError: no such action, or the episode is over.
        """
        if self.done:
            raise ValueError("the episode is over; reset the environment before the next step")
        if not 0 <= action < self.rules.n_actions:
            raise ValueError(f"action {action} is not in [0, {self.rules.n_actions})")
        before = self._worth
        terminated = action == STOP
        self.step_count += 1
        truncated = not terminated and self.step_count == self.rules.step_count
        self.done = terminated or truncated
        if not terminated:
            self._move(*divmod(int(action), N_DIRECTIONS))
        if self._reward != "end" or self.done:
            self._score()
        reward = reward_of(self._reward, before, self._worth, self.done)
        return Outcome(reward, terminated, truncated, self.info())

    @property
    def mask(self) -> NDArray[np.bool_]:
        """The (H, W) bool mask of the strokes so far, a fresh array; cuts if no cut of them has been made yet."""
        return np.array(self._current_mask())

    def info(self) -> Info:
        """Tell the image's name, the step, and the IoU where it is known."""
        info = Info(name=self.sample.name, step=self.step_count)
        if self.iou is not None and self.best_iou is not None:
            info["iou"] = self.iou
            info["best_iou"] = self.best_iou
        return info

    def copy(self) -> "Game":
        """Give an independent game in the same state, so that a move can be tried and thrown away."""
        twin = object.__new__(Game)
        twin.__dict__.update(self.__dict__)
        twin.labels = self.labels.copy()
        twin.heads = list(self.heads)
        twin.strokes = list(self.strokes)
        twin._session = self._session.copy() if self._session else None
        return twin

    def path(self, pen: int, direction: int) -> tuple[Point, int]:
        """Tell where a move would go.

        Args:
            pen: 0 inside, 1 outside.
            direction: 0-7, N clockwise.

        Returns:
            The (row, column) change per pixel, and how many pixels the head would travel until it ends or meets the
            border.
        """
        step = (int(DIRECTIONS[direction, 0]), int(DIRECTIONS[direction, 1]))
        return step, min(self.rules.step_len, room(self.heads[pen], step, self.rules.image_size))

    def _move(self, pen: int, direction: int) -> None:
        start = self.heads[pen]
        step, length = self.path(pen, direction)
        self._draw(pen, step, length)
        self.heads[pen] = (start[0] + step[0] * length, start[1] + step[1] * length)
        self.strokes.append((pen, start, self.heads[pen]))

    def _draw(self, pen: int, step: Point, length: int) -> None:
        layer, label = _PEN_LABELS[pen]
        marked = draw_stroke(self.labels, self.heads[pen], step, length, self.rules.pen_width, layer)
        self._mask = None
        if self._reward != "end" and self._session is None:
            self._session = self._segmenter.begin(self.sample.image)
        if self._session is not None:
            self._session.label(marked, label)

    def _current_mask(self) -> NDArray[np.bool_]:
        if self._mask is None:
            if self._session is None:
                self._session = self._segmenter.begin(self.sample.image)
                for layer, label in _PEN_LABELS:
                    self._session.label(np.argwhere(self.labels == layer), label)
            self._mask = self._session.cut()
        return self._mask

    def _score(self) -> None:
        self.iou = intersection_over_union(self._current_mask(), self.sample.mask, self.sample.void)
        self.best_iou = max(self.iou, self.best_iou or 0.0)
        self._worth = worth_of(self._reward, self.iou, self.labels, self.sample)
