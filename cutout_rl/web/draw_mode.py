"""Draw mode: a user cuts an image with strokes, helped by the agent and the network."""

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
from cutout_rl.web.edits import NETWORK, BackgroundFill, Box, Stroke, clamp
from cutout_rl.web.frame import encode_frame
from cutout_rl.web.image_store import GroundTruth
from cutout_rl.web.online.trainer_view import TrainerView
from cutout_rl.web.stroke_editing import flip, remove, selection_json, stroke_at

_TOLERANCE: Final = 3.0  # px of the view by which a click may miss a stroke


class DrawMode:
    """One open image and its edits."""

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
        edits = app_state.storage.load_edits(name, (image.shape[0], image.shape[1]))
        truth = app_state.images.ground_truth(name)
        self._app_state = app_state
        self._trainer_view = trainer_view
        self._notify = notify
        self._name = name
        self._drawing = Drawing(image, app_state.segmenter, edits)
        self._truth = truth if truth is not None and truth[0].shape == image.shape[:2] else None
        self._view_truth = _crop(self._truth, self._drawing)
        self._steps_left = 0
        self._is_saved = True
        self._selected: int | None = None
        trainer_view.open(name, image)

    @property
    def assisting(self) -> bool:
        """Whether the agent has strokes left to draw."""
        return self._steps_left > 0

    def assist(self) -> None:
        """Draw one stroke of the agent."""
        self._steps_left -= 1
        try:
            stroke = self._app_state.assistant.next_stroke(self._drawing)
            if stroke is None:
                self._steps_left = 0
                self._notify({"note": "The agent has made all its moves."})
                return
            self._drawing.apply(stroke)
        except CutOutError as error:
            self._steps_left = 0
            self._notify({"error": str(error)})
        self._save()

    def close(self) -> None:
        """Stop the agent, and save an unfinished stroke."""
        self._steps_left = 0
        if not self._is_saved:
            self._save()

    def frame(self, seen: int) -> bytes:
        """Return the frame that shows the newest state, and the number of the last message."""
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
        self.close()
        self._selected = None
        points = clamp(message.points, self._drawing.size)
        self._drawing.apply(Stroke(message.pen, message.width, points))
        self._is_saved = False
        if message.end:
            self._save()

    @handle.register
    def _(self, message: messages.ExtendStroke) -> None:
        self._steps_left = 0
        self._drawing.extend(clamp(message.points, self._drawing.size))
        if message.end:
            self._save()

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
        self._steps_left = message.steps

    @handle.register
    def _(self, _: messages.StartCut) -> None:
        strokes = self._trainer_view.suggest_strokes()
        others = [edit for edit in self._drawing.edits if not (isinstance(edit, Stroke) and edit.by == NETWORK)]
        # The suggestions come first, because the user's later strokes replace their labels.
        self._change(lambda: self._drawing.replace([*strokes, *others]))

    def _change(self, change: Callable[[], None]) -> None:
        self._steps_left = 0
        self._selected = None
        change()
        self._view_truth = _crop(self._truth, self._drawing)
        self._save()

    def _save(self) -> None:
        self._app_state.storage.save_edits(self._name, self._drawing.size, self._drawing.edits)
        self._trainer_view.set_edits(self._drawing.edits)
        self._is_saved = True


def _crop(truth: GroundTruth | None, drawing: Drawing) -> GroundTruth | None:
    """Crop the ground truth to the view of a drawing, and resize it to the size of the cut."""
    if truth is None:
        return None
    view, shape = drawing.view, drawing.labels.shape
    parts = [part[view.top : view.bottom, view.left : view.right].astype(np.float32) for part in truth]
    mask, void = (cv2.resize(part, shape[::-1], interpolation=cv2.INTER_AREA) > 0.5 for part in parts)
    return np.asarray(mask, np.bool_), np.asarray(void, np.bool_)
