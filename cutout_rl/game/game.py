"""One episode: an image, two pens, and the mask their strokes make."""

from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.source import Sample
from cutout_rl.game.reward import RewardKind, intersection_over_union, potential, reward_of
from cutout_rl.game.rules import DIRECTIONS, N_DIRECTIONS, STOP, Rules
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE, draw_stroke, room
from cutout_rl.segmenters.segmenter import INSIDE, OUTSIDE, Segmenter, Session

Point = tuple[int, int]

_PEN_LABELS = ((LABELLED_INSIDE, INSIDE), (LABELLED_OUTSIDE, OUTSIDE))


class Info(TypedDict, total=False):
    """The info of a step; the IoU is missing before the first cut, which `reward="end"` makes at the last step."""

    name: str
    step: int
    iou: float
    best_iou: float


@dataclass(frozen=True)
class Outcome:
    """The result of one action."""

    reward: float
    terminated: bool
    truncated: bool
    info: Info

    @property
    def done(self) -> bool:
        """Whether the episode is over."""
        return self.terminated or self.truncated


class Game:
    """The state of one episode; actions change it, nothing else does.

    Attributes:
        sample: the image and its ground truth.
        rules: lengths and counts.
        labels: (H, W) uint8, 0 unlabelled, 1 inside scribble, 2 outside scribble.
        starts: (row, column) start points of the inside and the outside pen.
        heads: (row, column) current positions of the pens.
        step_count: actions taken so far.
        strokes: (pen, from, to) of every action so far, in order; a stop draws none.
        iou: IoU of the newest mask, None before the first cut.
        best_iou: the highest IoU of the episode so far, the start included, None before the first cut.
        done: whether the episode is over.
    """

    def __init__(
        self, sample: Sample, start: tuple[Point, Point], rules: Rules, segmenter: Segmenter, reward: RewardKind
    ) -> None:
        """Mark both start points and, unless the reward is `end`, make the first cut."""
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
        self._potential = 0.0
        for pen in (0, 1):
            self._draw(pen, (0, 0), 0)
        if reward != "end":
            self._score()

    @classmethod
    def from_labels(
        cls,
        sample: Sample,
        rules: Rules,
        segmenter: Segmenter,
        reward: RewardKind,
        labels: NDArray[np.uint8],
        starts: tuple[Point, Point],
        heads: tuple[Point, Point],
        step_count: int,
    ) -> "Game":
        """Return a game that continues from given labels; its `strokes` start empty.

        Args:
            sample: the image and its ground truth.
            rules: lengths and counts.
            segmenter: cuts the image.
            reward: kind of the reward.
            labels: (H, W) uint8, 0 unlabelled, 1 inside scribble, 2 outside scribble; copied.
            starts: (row, column) start points of the inside and the outside pen.
            heads: (row, column) current positions of the pens.
            step_count: actions taken so far.
        """
        game = cls(sample, starts, rules, segmenter, "end")
        game.labels = labels.copy()
        game.heads = list(heads)
        game.step_count = step_count
        game.done = step_count >= rules.step_count
        game._reward = reward
        if reward != "end" or game.done:
            game._score()
        return game

    def step(self, action: int) -> Outcome:
        """Take an action.

        Args:
            action: 0-7 moves the inside pen, 8-15 the outside pen, N clockwise; 16 stops if the rules allow it.

        Raises:
            ValueError: no such action, or the episode is over.
        """
        if self.done:
            raise ValueError("the episode is over; reset the environment before the next step")
        if not 0 <= action < self.rules.n_actions:
            raise ValueError(f"action {action} is not in [0, {self.rules.n_actions})")
        before = self._potential
        terminated = action == STOP
        self.step_count += 1
        truncated = not terminated and self.step_count == self.rules.step_count
        self.done = terminated or truncated
        if not terminated:
            self._move(*divmod(int(action), N_DIRECTIONS))
        if self._reward != "end" or self.done:
            self._score()
        reward = reward_of(self._reward, before, self._potential, self.done)
        return Outcome(reward, terminated, truncated, self.info())

    @property
    def mask(self) -> NDArray[np.bool_]:
        """The (H, W) bool mask of the strokes so far, a fresh array; makes the cut if it was not made yet."""
        return np.array(self._current_mask())

    def info(self) -> Info:
        """Return the image's name, the step, and the IoU if it is known."""
        info = Info(name=self.sample.name, step=self.step_count)
        if self.iou is not None and self.best_iou is not None:
            info["iou"] = self.iou
            info["best_iou"] = self.best_iou
        return info

    def copy(self) -> "Game":
        """Return an independent game in the same state, in which an action can be tried and discarded."""
        twin = object.__new__(Game)
        twin.__dict__.update(self.__dict__)
        twin.labels = self.labels.copy()
        twin.heads = list(self.heads)
        twin.strokes = list(self.strokes)
        twin._session = self._session.copy() if self._session else None
        return twin

    def path(self, pen: int, direction: int) -> tuple[Point, int]:
        """Return the path of an action.

        Args:
            pen: 0 inside, 1 outside.
            direction: 0-7, N clockwise.

        Returns:
            The (row, column) change per pixel, and the number of pixels the head travels, at most to the border.
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
        self._potential = potential(self._reward, self.iou, self.labels, self.sample)
