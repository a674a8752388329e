"""One episode: an image, two pens, and the mask their strokes make."""

from dataclasses import dataclass, replace
from typing import Final, TypedDict

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.source import Sample
from cutout_rl.game import game_logic
from cutout_rl.game.compiled_arguments import Plain, plain, plain_scratch
from cutout_rl.game.game_settings import GameSettings
from cutout_rl.game.game_state import GameState, copy_games, place_image
from cutout_rl.game.reward import REWARD_KINDS, RewardKind, potential
from cutout_rl.game.rules import DIRECTIONS, N_DIRECTIONS, STOP, Rules
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE, travel
from cutout_rl.segmenters.segmenter import INSIDE, OUTSIDE, Session

Point = tuple[int, int]
Stroke = tuple[int, Point, Point]

_PLAYING: Final = np.ones(1, np.bool_)
_PEN_LABELS: Final = ((LABELLED_INSIDE, INSIDE), (LABELLED_OUTSIDE, OUTSIDE))


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

    A game of a batch is a view of the batch's arrays, and shows whatever the batch plays there.

    Attributes:
        sample: the image and its ground truth.
        settings: rules, segmenter and reward.
        state: the arrays, of one game.
        plain_state: the same as a plain tuple, for compiled functions.
    """

    def __init__(
        self, sample: Sample, starts: tuple[Point, Point], settings: GameSettings, state: GameState | None = None
    ) -> None:
        """Mark both start points and, unless the reward is `end`, make the first cut.

        Args:
            sample: the image and its ground truth; copied.
            starts: (row, column) start points of the inside and the outside pen.
            settings: rules, segmenter and reward.
            state: the arrays to use, of one game; None allocates them.
        """
        self._set_up(sample, settings, settings.allocate(1) if state is None else state)
        place_image(self.state, sample)
        game_logic.start(self.plain_state, self._rules, np.array(starts))
        if settings.reward != "end":
            self._score()

    @classmethod
    def from_labels(
        cls,
        sample: Sample,
        settings: GameSettings,
        labels: NDArray[np.uint8],
        starts: tuple[Point, Point],
        heads: tuple[Point, Point],
        step_count: int,
    ) -> "Game":
        """Return a game that continues from given labels; its `strokes` start empty.

        Args:
            sample: the image and its ground truth.
            settings: rules, segmenter and reward.
            labels: (H, W) uint8, 0 unlabelled, 1 inside scribble, 2 outside scribble; copied.
            starts: (row, column) start points of the inside and the outside pen.
            heads: (row, column) current positions of the pens.
            step_count: actions taken so far.
        """
        game = cls.__new__(cls)
        game._set_up(sample, settings, settings.allocate(1))
        place_image(game.state, sample)
        game.state.labels[0] = labels
        game.state.starts[0] = starts
        game.state.heads[0] = heads
        game.state.step_count[0] = step_count
        game.state.done[0] = step_count >= settings.rules.step_count
        if settings.reward != "end" or game.done:
            game._score()
        return game

    def _set_up(self, sample: Sample, settings: GameSettings, state: GameState) -> None:
        self.sample = sample
        self.settings = settings
        self.state = state
        self.plain_state = plain(state)
        self._rules = plain(settings.of_play)
        self._session: Session | None = None  # of a segmenter other than the default one

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
        if self.settings.is_native:
            game_logic.play(self.plain_state, self._scratch(), self._rules, np.array([action]), _PLAYING, 0, 1)
        else:
            self._step_in_session(int(action))
        return Outcome(float(self.state.reward[0]), self.done, self.info())

    def _step_in_session(self, action: int) -> None:
        state, settings = self.state, self.settings.of_play
        iou_before, potential_before = state.iou[0], state.potential[0]
        game_logic.act(state, 0, action, settings)
        if self._session is not None and action != STOP:
            marked = state.marked[0, : state.marked_count[0]].copy()
            self._session.label(marked, _PEN_LABELS[action // N_DIRECTIONS][1])
        if game_logic.needs_score(state, 0, settings):
            self._score()
        game_logic.reward_action(state, 0, iou_before, potential_before, settings)

    @property
    def rules(self) -> Rules:
        """Lengths and counts."""
        return self.settings.rules

    @property
    def labels(self) -> NDArray[np.uint8]:
        """The (H, W) uint8 labels, 0 unlabelled, 1 inside scribble, 2 outside scribble; do not write into them."""
        return np.asarray(self.state.labels[0])

    @property
    def starts(self) -> tuple[Point, Point]:
        """The (row, column) start points of the inside and the outside pen."""
        inside, outside = self.state.starts[0].tolist()
        return tuple(inside), tuple(outside)

    @property
    def heads(self) -> list[Point]:
        """The (row, column) current positions of the inside and the outside pen."""
        return [(row, column) for row, column in self.state.heads[0].tolist()]

    @property
    def strokes(self) -> list[Stroke]:
        """The (pen, from, to) of every move so far, in order; a stop draws none."""
        strokes = self.state.strokes[0, : self.state.stroke_count[0]].tolist()
        return [(pen, (row, column), (to_row, to_column)) for pen, row, column, to_row, to_column in strokes]

    @property
    def step_count(self) -> int:
        """The actions taken so far."""
        return int(self.state.step_count[0])

    @property
    def iou(self) -> float | None:
        """The IoU of the newest mask, None before the first cut."""
        return _known(self.state.iou[0])

    @property
    def best_iou(self) -> float | None:
        """The highest IoU of the episode so far, the start included, None before the first cut."""
        return _known(self.state.best_iou[0])

    @property
    def done(self) -> bool:
        """Whether the episode is over."""
        return bool(self.state.done[0])

    @property
    def moves_left(self) -> float:
        """The share of the moves that are left, in [0, 1]."""
        return 1 - self.step_count / self.rules.step_count

    @property
    def mask(self) -> NDArray[np.bool_]:
        """The (H, W) bool mask of the strokes so far, a fresh array; makes the cut if it was not made yet."""
        self.segment()
        return np.array(self.state.mask[0])

    def info(self) -> Info:
        """Return the image's name, the step, and the IoU if it is known."""
        info = Info(name=self.sample.name, step=self.step_count)
        if self.iou is not None and self.best_iou is not None:
            info["iou"] = self.iou
            info["best_iou"] = self.best_iou
        return info

    def potential(self, reward: RewardKind) -> float:
        """Return the potential of the state for a kind of reward (`cutout_rl.game.reward.potential`)."""
        sample = self.sample
        return potential(REWARD_KINDS.index(reward), self.labels, sample.outline, sample.mask, sample.void)

    def action_mask(self) -> NDArray[np.bool_]:
        """Find the actions that are not wasted, as (n_actions,) bool (`game_logic.find_action_masks`)."""
        masks = np.empty((1, self.rules.n_actions), np.bool_)
        game_logic.find_action_masks(self.plain_state, self._rules, masks)
        return np.asarray(masks[0])

    def copy(self) -> "Game":
        """Return an independent game in the same state, in which an action can be tried and discarded."""
        return self._copy(self.sample, self.settings)

    def believing(self, mask: NDArray[np.bool_]) -> "Game":
        """Return an independent game in the same state whose object is a believed (H, W) bool mask.

        Its reward is the IoU with the belief; the ground truth of this game is not read.
        """
        sample = Sample(self.sample.image, mask, np.zeros_like(mask), self.sample.name)
        twin = self._copy(sample, replace(self.settings, reward="iou"))
        place_image(twin.state, sample)
        twin.state.best_iou[0] = np.nan
        twin._score()
        return twin

    def _copy(self, sample: Sample, settings: GameSettings) -> "Game":
        twin = Game.__new__(Game)
        twin._set_up(sample, settings, copy_games(self.state))
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
        row, column = self.heads[pen]
        d_row, d_column = DIRECTIONS[direction].tolist()
        return (d_row, d_column), travel(row, column, d_row, d_column, self.rules.step_len, self.rules.image_size)

    def segment(self) -> None:
        """Make the cut if it was not made since the newest stroke."""
        if self.state.is_cut[0]:
            return
        if self.settings.is_native:
            game_logic.segment_games(self.plain_state, self._scratch(), self._rules, 0, 1)
        else:
            if self._session is None:
                self._session = self.settings.segmenter.begin(self.sample.image)
                for layer, label in _PEN_LABELS:
                    self._session.label(np.argwhere(self.labels == layer), label)
            self.state.mask[0] = self._session.cut()
            self.state.is_cut[0] = True

    def _score(self) -> None:
        self.segment()
        game_logic.score(self.state, 0, self.settings.of_play)

    def _scratch(self) -> Plain:
        return plain_scratch(self.rules.image_size)


def _known(iou: float) -> float | None:
    return None if np.isnan(iou) else float(iou)
