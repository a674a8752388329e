"""What one client does: its drawing, its game, and what each of its messages changes."""

import secrets
from collections.abc import Callable
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.game.reward import intersection_over_union
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.app_state import Desk
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import NETWORK, Rest, Stroke, read_box, read_points, read_stroke
from cutout_rl.web.frame import encode_frame
from cutout_rl.web.match import Contest
from cutout_rl.web.online.session import Teaching
from cutout_rl.web.stroke_editing import act_at, picked_json, removed, turned

MAX_STEPS: Final = 1_000  # of the assistant at one bidding
_SLACK: Final = 3.0  # px of the view by which a stroke may be missed that is to be picked

Message = dict[str, Any]


class Work:
    """One client's state; used by one thread at a time, whatever becomes of other clients.

    Attributes:
        notes: messages for the client that are not frames, oldest first; whoever sends them empties the list.
        teaching: the client's dealings with the network.
    """

    def __init__(self, desk: Desk) -> None:
        """Open nothing yet."""
        self.notes: list[Message] = []
        self.teaching = Teaching(desk.learner)
        self._desk = desk
        self._name = ""
        self._drawing: Drawing | None = None
        self._truth: tuple[NDArray[np.bool_], NDArray[np.bool_]] | None = None
        self._view_truth: tuple[NDArray[np.bool_], NDArray[np.bool_]] | None = None
        self._contest: Contest | None = None
        self._seen: object = None
        self._steps_left = 0
        self._finished = True
        self._picked: int | None = None

    @property
    def assisting(self) -> bool:
        """Whether the assistant has moves to make."""
        return self._steps_left > 0

    def apply(self, message: Message) -> None:
        """Do what a message asks; a mistake in it becomes a note and changes nothing else."""
        self._seen = message.get("id", self._seen)
        action = _ACTIONS.get(str(message.get("do")))
        try:
            if action is None:
                raise CutOutError("There is no such command.")
            action(self, message)
        except CutOutError as error:
            self.notes.append({"error": str(error)})

    def assist(self) -> None:
        """Let the assistant make one move."""
        self._steps_left -= 1
        try:
            drawing = self._require_drawing()
            stroke = self._desk.assistant.next_stroke(drawing)
            if stroke is None:
                self._steps_left = 0
                self.notes.append({"note": "The agent has made all its moves."})
                return
            drawing.do(stroke)
        except CutOutError as error:
            self._steps_left = 0
            self.notes.append({"error": str(error)})
        self.keep()

    def keep(self) -> None:
        """Write the strokes to the disk."""
        if self._drawing is not None:
            self._desk.keeping.save_acts(self._name, self._drawing.size, self._drawing.acts)
            self.teaching.teach(self._drawing.acts)
        self._finished = True

    def leave(self) -> None:
        """Keep a stroke in hand when the client goes."""
        self._put_down()
        self.teaching.leave()

    def frame(self) -> bytes | None:
        """Draw what the client should see now; None while nothing is open."""
        if self._contest is not None:
            return self._game_frame(self._contest)
        return None if self._drawing is None else self._drawing_frame(self._drawing)

    def _put_down(self) -> None:
        if not self._finished:
            self.keep()

    def _open(self, message: Message) -> None:
        self._put_down()
        self._steps_left = 0
        name = str(message.get("name"))
        album = self._desk.album
        image = album.image(name)
        acts = self._desk.keeping.load_acts(name, (image.shape[0], image.shape[1]))
        truth = album.truth(name)
        self._truth = truth if truth is not None and truth[0].shape == image.shape[:2] else None
        self._contest = None
        self._drawing = Drawing(image, self._desk.segmenter, acts)
        self._name = name
        self._picked = None
        self._fit_truth()
        self.teaching.open(name, image)

    def _stroke(self, message: Message) -> None:
        drawing = self._require_drawing()
        self._steps_left = 0
        if message.get("more") is True:
            drawing.extend(read_points(message.get("points"), drawing.size))
        else:
            self._put_down()
            self._picked = None
            drawing.do(read_stroke({**message, "by": "person"}, drawing.size))
            self._finished = False
        if message.get("end") is True:
            self.keep()

    def _box(self, message: Message) -> None:
        drawing = self._require_drawing()
        self._change(lambda: drawing.do(read_box(message.get("box"), drawing.size)))

    def _undo(self, _: Message) -> None:
        self._change(self._require_drawing().undo)

    def _redo(self, _: Message) -> None:
        self._change(self._require_drawing().redo)

    def _clear(self, _: Message) -> None:
        self._change(self._require_drawing().clear)

    def _take_back(self, _: Message) -> None:
        drawing = self._require_drawing()
        self._change(lambda: drawing.take_back(self._desk.assistant.label))

    def _rest(self, _: Message) -> None:
        drawing = self._require_drawing()
        self._change(lambda: drawing.do(Rest()))

    def _pick(self, message: Message) -> None:
        """Pick the stroke at a point, or the one before or after that which is picked."""
        drawing = self._require_drawing()
        if "at" in message:
            ((x, y),) = read_points([message["at"]], drawing.size)
            self._picked = act_at(drawing.acts, (x, y), _SLACK / drawing.scale)
            return
        step = message.get("step")
        if type(step) is not int or not drawing.acts:
            self._picked = None
        elif self._picked is None:
            self._picked = len(drawing.acts) - 1 if step == -1 else 0
        else:
            self._picked = (self._picked + step) % len(drawing.acts)

    def _amend(self, message: Message) -> None:
        """Remove the stroke that is picked, or turn it to the other side."""
        drawing, index = self._require_drawing(), self._picked
        amendment = {"remove": removed, "turn": turned}.get(str(message.get("change")))
        if index is None or amendment is None:
            raise CutOutError("Pick a stroke first, then remove it or turn it.")
        acts = amendment(drawing.acts, index)
        self._change(lambda: drawing.amend(acts))
        self._picked = index if len(acts) == len(drawing.acts) and amendment is turned else None

    def _learn(self, message: Message) -> None:
        changes = message.get("changes")
        if not isinstance(changes, dict):
            raise CutOutError("What the network learns by must be an object.")
        self._desk.learner.change(changes)

    def _look(self, message: Message) -> None:
        self.teaching.look(message.get("on") is True)

    def _begin_anew(self, _: Message) -> None:
        self._desk.learner.begin_anew()

    def _start_cut(self, _: Message) -> None:
        drawing = self._require_drawing()
        strokes = self.teaching.strokes()
        others = [act for act in drawing.acts if not (isinstance(act, Stroke) and act.by == NETWORK)]
        # Under the person's strokes, for a later one wins.
        self._change(lambda: drawing.amend([*strokes, *others]))

    def _change(self, change: Callable[[], None]) -> None:
        self._steps_left = 0
        self._picked = None
        change()
        self._fit_truth()
        self.keep()

    def _assist(self, message: Message) -> None:
        self._require_drawing()
        steps = message.get("steps")
        if not isinstance(steps, int) or not 0 <= steps <= MAX_STEPS:
            raise CutOutError(f"The agent makes 0 to {MAX_STEPS} moves at one bidding.")
        self._steps_left = steps

    def _play(self, _: Message) -> None:
        if self._desk.arena is None:
            raise CutOutError("The game needs images with masks to score by; name some by --data.")
        self.leave()
        self._steps_left = 0
        self._drawing = None
        self._contest = Contest.start(self._desk.arena, secrets.randbelow(2**31))
        game = self._contest.game
        self.notes.append({"game": {"image": game.sample.image.tolist(), "name": game.sample.name}})

    def _move(self, message: Message) -> None:
        action = message.get("action")
        if self._contest is None or self._desk.arena is None:
            raise CutOutError("There is no game to move in; start one.")
        if type(action) is not int:
            raise CutOutError("A move must be a number.")
        self._contest.move(action)
        if self._contest.game.done:
            scores = self._contest.finish(self._desk.arena, self._desk.keeping, str(message.get("name", "")))
            self.notes.append({"scores": scores[-20:], "finished": True})

    def _require_drawing(self) -> Drawing:
        if self._drawing is None:
            raise CutOutError("No image is open; open one.")
        return self._drawing

    def _fit_truth(self) -> None:
        """Shrink the truth to what is in view, whenever that may have changed."""
        drawing = self._require_drawing()
        view, shape = drawing.view, drawing.labels.shape
        if self._truth is None:
            self._view_truth = None
            return
        parts = [part[view.top : view.bottom, view.left : view.right].astype(np.float32) for part in self._truth]
        mask, void = (cv2.resize(part, shape[::-1], interpolation=cv2.INTER_AREA) > 0.5 for part in parts)
        self._view_truth = np.asarray(mask, np.bool_), np.asarray(void, np.bool_)

    def _drawing_frame(self, drawing: Drawing) -> bytes:
        mask = drawing.mask()
        view, truth = drawing.view, self._view_truth
        last = {act.pen: act.points[-1] for act in drawing.acts if isinstance(act, Stroke)}
        facts = {
            "mode": "draw",
            "name": self._name,
            "seen": self._seen,
            "size": drawing.size,
            "view": [view.left, view.top, view.right, view.bottom],
            "iou": None if truth is None else intersection_over_union(mask, *truth),
            "strokes": len(drawing.acts),
            "by_agent": sum(isinstance(a, Stroke) and a.by == self._desk.assistant.label for a in drawing.acts),
            "undo": drawing.can_undo,
            "redo": drawing.can_redo,
            "picked": picked_json(drawing.acts, self._picked),
            "assisting": self.assisting,
            "heads": [last.get("inside"), last.get("outside")],
        }
        return encode_frame(facts, mask, drawing.labels)

    def _game_frame(self, contest: Contest) -> bytes:
        game, rules = contest.game, contest.game.rules
        facts = {
            "mode": "game",
            "seen": self._seen,
            "size": [rules.image_size, rules.image_size],
            "view": [0, 0, rules.image_size, rules.image_size],
            "iou": game.iou,
            "best": game.best_iou,
            "step": game.step_count,
            "step_count": rules.step_count,
            "step_len": rules.step_len,
            "heads": [[column, row] for row, column in game.heads],
            "done": game.done,
        }
        return encode_frame(facts, game.mask, game.labels)


_ACTIONS: Final[dict[str, Callable[[Work, Message], None]]] = {
    "open": Work._open,
    "stroke": Work._stroke,
    "box": Work._box,
    "undo": Work._undo,
    "redo": Work._redo,
    "clear": Work._clear,
    "take_back": Work._take_back,
    "rest": Work._rest,
    "pick": Work._pick,
    "amend": Work._amend,
    "learn": Work._learn,
    "look": Work._look,
    "begin_anew": Work._begin_anew,
    "start_cut": Work._start_cut,
    "assist": Work._assist,
    "play": Work._play,
    "move": Work._move,
}
