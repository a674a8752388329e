"""One episode: an image, two pens, and the mask their strokes make."""

from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.source import Sample
from cutout_rl.game.reward import SHAPING_GAMMA, RewardKind, intersection_over_union, potential, reward_of, shaping
from cutout_rl.game.rules import DIRECTIONS, N_DIRECTIONS, N_MOVES, STOP, Rules
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE, draw_stroke, find_marking_strokes, pen_tip, room
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
    info: Info


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
        self,
        sample: Sample,
        start: tuple[Point, Point],
        rules: Rules,
        segmenter: Segmenter,
        reward: RewardKind,
        shaping_gamma: float = SHAPING_GAMMA,
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
        self._shaping_gamma = shaping_gamma
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
        before, potential_before = self.iou or 0.0, self._potential
        self.step_count += 1
        self.done = action == STOP or self.step_count == self.rules.step_count
        if action != STOP:
            self._move(*divmod(int(action), N_DIRECTIONS))
        if self._reward != "end" or self.done:
            self._score()
        reward = reward_of(self._reward, before, self.iou or 0.0, self.done)
        reward += shaping(potential_before, self._potential, self.done, self._shaping_gamma)
        return Outcome(reward, self.done, self.info())

    @property
    def moves_left(self) -> float:
        """The share of the moves that are left, in [0, 1]."""
        return 1 - self.step_count / self.rules.step_count

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

    def action_mask(self) -> NDArray[np.bool_]:
        """Find the actions that are not wasted, as (n_actions,) bool.

        A move is wasted if it would mark no pixel, because the head is at the border or retraces a stroke. Where every
        move is, none is excluded. The stop action is never excluded.
        """
        tip = pen_tip(self.rules.pen_width)
        marks = find_marking_strokes(self.labels, np.array(self.heads), DIRECTIONS, self.rules.step_len, tip)
        mask = np.ones(self.rules.n_actions, np.bool_)
        mask[:N_MOVES] = marks.ravel() | ~marks.any()
        return mask

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
        self._potential = potential(self._reward, self.labels, self.sample)
