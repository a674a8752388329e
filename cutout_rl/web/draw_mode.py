"""Draw mode: a user cuts an image with strokes, helped by the agent and the network."""

import time
from collections.abc import Callable
from functools import singledispatchmethod
from typing import Any, Final

import cv2
import numpy as np

from cutout_rl.game.reward import intersection_over_union
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web import messages
from cutout_rl.web.app_state import AppState
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import MAX_EDITS, NETWORK, BackgroundFill, Box, Edit, Stroke, clamp
from cutout_rl.web.frame import encode_frame
from cutout_rl.web.image_store import GroundTruth
from cutout_rl.web.online.trainer_view import TrainerView
from cutout_rl.web.storage import access_failure
from cutout_rl.web.stroke_editing import flip, remove, selection_json, stroke_at

_TOLERANCE: Final = 3.0  # px of the view by which a click may miss a stroke
_RETRY_AFTER: Final = 2.0  # s between two attempts to save


class DrawMode:
    """One open image and its edits.

    Each finished stroke and each other change is saved at once. If that fails, the edits stay in memory, the frames say
    so, and saving is tried again. If another client has changed the same image, its edits are taken over first.
    """

    def __init__(
        self,
        app_state: AppState,
        trainer_view: TrainerView,
        notify: Callable[[dict[str, Any]], None],
        name: str,
    ) -> None:
        """Open an image.

        Args:
            app_state: holds the images.
            trainer_view: the client's view of the network, which then shows this image.
            notify: sends a note to the client.
            name: of the image.

        Raises:
            CutOutError: there is no such image, or its file or its strokes are damaged.
        """
        image = app_state.images.load(name)
        with app_state.storage.lock:
            edits = app_state.storage.load_edits(name, (image.shape[0], image.shape[1]))
            self._revision = app_state.storage.revision(name)
        truth = app_state.images.ground_truth(name)
        self._app_state = app_state
        self._trainer_view = trainer_view
        self._notify = notify
        self._name = name
        self._drawing = Drawing(image, app_state.segmenter, edits)
        self._truth = truth if truth is not None and truth[0].shape == image.shape[:2] else None
        self._view_truth = _crop(self._truth, self._drawing)
        self._steps_left = 0
        self._is_drawing = False  # a stroke is not finished
        self._is_taught = True  # the trainer has the newest edits
        self._problem = ""  # why the edits could not be saved
        self._retry_at = 0.0
        self._selected: int | None = None
        trainer_view.open(name, image)

    @property
    def assisting(self) -> bool:
        """Whether the agent has strokes left to draw."""
        return self._steps_left > 0

    @property
    def is_stale(self) -> bool:
        """Whether another client has changed the image, or saving is to be tried again."""
        if self._problem:
            return time.monotonic() > self._retry_at
        return not self._is_drawing and self._app_state.storage.revision(self._name) != self._revision

    def refresh(self) -> None:
        """Take over the edits of another client, and try again to save what could not be saved."""
        if self._is_drawing:
            return
        if self._problem:
            self._save()
        elif self.is_stale:
            self._take_over(self._stored())

    def assist(self) -> None:
        """Draw one stroke of the agent."""
        self._steps_left -= 1
        try:
            self.refresh()
            stroke = self._app_state.assistant.next_stroke(self._drawing)
            if stroke is None:
                self._steps_left = 0
                self._notify({"note": "The agent has made all its moves."})
                return
            self._drawing.apply(stroke)
        except CutOutError as error:
            self._steps_left = 0
            self._notify({"error": str(error)})
            return
        self._save_last()

    def close(self) -> None:
        """Stop the agent, and save an unfinished stroke."""
        self._steps_left = 0
        if self._is_drawing:
            self._save_last()
        elif self._problem:
            self._save()
        self._teach()

    def frame(self, seen: int) -> bytes:
        """Return the frame that shows the newest state, and the number of the last message."""
        self._teach()
        drawing, truth = self._drawing, self._view_truth
        mask = drawing.mask()
        view = drawing.view
        strokes = [edit for edit in drawing.edits if isinstance(edit, Stroke)]
        heads = {stroke.pen: stroke.points[-1] for stroke in strokes}
        facts = {
            "mode": "draw",
            "name": self._name,
            "seen": seen,
            "size": drawing.size,
            "view": [view.left, view.top, view.right, view.bottom],
            "iou": None if truth is None else intersection_over_union(mask, *truth),
            "strokes": len(drawing.edits),
            "by_agent": sum(stroke.by == self._app_state.assistant.label for stroke in strokes),
            "undo": drawing.can_undo,
            "redo": drawing.can_redo,
            "unsaved": self._problem,
            "selected": selection_json(drawing.edits, self._selected),
            "assisting": self.assisting,
            "heads": [heads.get("inside"), heads.get("outside")],
        }
        return encode_frame(facts, mask, drawing.labels)

    @singledispatchmethod
    def handle(self, message: messages.Message) -> None:
        """Carry out a message.

        Raises:
            CutOutError: it cannot be carried out.
        """
        raise CutOutError("There is no game; start one.")

    @handle.register
    def _(self, message: messages.BeginStroke) -> None:
        self._steps_left = 0
        if self._is_drawing:
            self._save_last()
        self.refresh()
        self._selected = None
        self._drawing.apply(Stroke(message.pen, message.width, clamp(message.points, self._drawing.size)))
        self._is_drawing = True
        if message.end:
            self._save_last()

    @handle.register
    def _(self, message: messages.ExtendStroke) -> None:
        self._steps_left = 0
        if not self._is_drawing:
            raise CutOutError("There is no stroke to extend.")
        self._drawing.extend(clamp(message.points, self._drawing.size))
        if message.end:
            self._save_last()

    @handle.register
    def _(self, message: messages.SetBox) -> None:
        box = Box.within(message.box, self._drawing.size)
        self._change(lambda: self._drawing.apply(box))

    @handle.register
    def _(self, _: messages.Undo) -> None:
        self._change(self._drawing.undo)

    @handle.register
    def _(self, _: messages.Redo) -> None:
        self._change(self._drawing.redo)

    @handle.register
    def _(self, _: messages.Clear) -> None:
        self._change(self._drawing.clear)

    @handle.register
    def _(self, _: messages.RemoveAgentStrokes) -> None:
        self._change(lambda: self._drawing.remove_by(self._app_state.assistant.label))

    @handle.register
    def _(self, _: messages.FillBackground) -> None:
        self._change(lambda: self._drawing.apply(BackgroundFill()))

    @handle.register
    def _(self, message: messages.Select) -> None:
        edits, selected = self._drawing.edits, self._selected
        if message.at is not None:
            (point,) = clamp((message.at,), self._drawing.size)
            self._selected = stroke_at(edits, point, _TOLERANCE / self._drawing.scale)
        elif message.step is None or not edits:
            self._selected = None
        elif selected is None:
            self._selected = len(edits) - 1 if message.step == -1 else 0
        else:
            self._selected = (selected + message.step) % len(edits)

    @handle.register
    def _(self, message: messages.EditSelected) -> None:
        index = self._selected
        if index is None:
            raise CutOutError("No stroke is selected; click one first.")
        edits = {"remove": remove, "flip": flip}[message.change](self._drawing.edits, index)
        self._change(lambda: self._drawing.replace(edits))
        self._selected = index if message.change == "flip" else None

    @handle.register
    def _(self, message: messages.Assist) -> None:
        if self._is_drawing:
            self._save_last()
        self._steps_left = message.steps

    @handle.register
    def _(self, _: messages.StartCut) -> None:
        strokes = self._trainer_view.suggest_strokes()
        others = [edit for edit in self._drawing.edits if not (isinstance(edit, Stroke) and edit.by == NETWORK)]
        # The suggestions come first, because the user's later strokes replace their labels.
        self._change(lambda: self._drawing.replace([*strokes, *others]))

    def _change(self, change: Callable[[], None]) -> None:
        self._steps_left = 0
        if self._is_drawing:
            self._save_last()
        with self._app_state.storage.lock:
            self.refresh()
            self._selected = None
            change()
            self._view_truth = _crop(self._truth, self._drawing)
            self._save()

    def _save_last(self) -> None:
        """Save the last edit, a stroke that is now finished."""
        self._is_drawing = self._is_taught = False
        storage = self._app_state.storage
        with storage.lock:
            if self._problem:
                self._save()
                return
            if storage.revision(self._name) != self._revision:
                self._take_over([*self._stored(), self._drawing.edits[-1]])
            self._write(lambda: storage.append_edit(self._name, self._drawing.size, self._drawing.edits[-1]))

    def _save(self) -> None:
        """Save all edits."""
        self._is_taught = False
        storage = self._app_state.storage
        with storage.lock:
            if storage.revision(self._name) != self._revision:
                stored = self._stored()
                self._take_over([*stored, *(edit for edit in self._drawing.edits if edit not in stored)][:MAX_EDITS])
            self._write(lambda: storage.save_edits(self._name, self._drawing.size, self._drawing.edits))

    def _write(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as error:
            self._problem = access_failure(error)
            self._retry_at = time.monotonic() + _RETRY_AFTER
        else:
            self._problem = ""
            self._revision = self._app_state.storage.revision(self._name)

    def _stored(self) -> list[Edit]:
        return self._app_state.storage.load_edits(self._name, self._drawing.size)

    def _take_over(self, edits: list[Edit]) -> None:
        self._steps_left = 0
        self._selected = None
        self._revision = self._app_state.storage.revision(self._name)
        self._is_taught = False
        self._drawing.reload(edits)
        self._view_truth = _crop(self._truth, self._drawing)
        self._notify({"note": "The strokes of this image were changed elsewhere; the newest ones are shown."})

    def _teach(self) -> None:
        """Train on the newest edits; once for many strokes, because all are drawn anew."""
        if not self._is_taught:
            self._is_taught = True
            self._trainer_view.set_edits(self._drawing.edits)


def _crop(truth: GroundTruth | None, drawing: Drawing) -> GroundTruth | None:
    """Crop the ground truth to the view of a drawing, and resize it to the size of the cut."""
    if truth is None:
        return None
    view, shape = drawing.view, drawing.labels.shape
    parts = [part[view.top : view.bottom, view.left : view.right].astype(np.float32) for part in truth]
    mask, void = (cv2.resize(part, shape[::-1], interpolation=cv2.INTER_AREA) > 0.5 for part in parts)
    return np.asarray(mask, np.bool_), np.asarray(void, np.bool_)
