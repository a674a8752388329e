"""Draw mode: a user cuts the objects of an image with strokes, helped by the agent and the network."""

from collections.abc import Callable
from functools import singledispatchmethod
from typing import Any, Final

import cv2
import msgspec
import numpy as np

from cutout_rl.game.reward import intersection_over_union
from cutout_rl.segmenters.prior_cut import PriorCutSegmenter
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web import messages
from cutout_rl.web.agent_turn import AgentTurn
from cutout_rl.web.app_state import AppState
from cutout_rl.web.autosave import Autosave
from cutout_rl.web.detail import Detail, Look
from cutout_rl.web.drawing import Drawing, Mask
from cutout_rl.web.edit_json import read_window, sides_of
from cutout_rl.web.edits import NETWORK, BackgroundFill, Box, Edit, Stroke, clamp, is_by_agent
from cutout_rl.web.frame import encode_frame, encode_runs
from cutout_rl.web.image_store import GroundTruth
from cutout_rl.web.online.trainer_view import TrainerView
from cutout_rl.web.scene import Scene
from cutout_rl.web.stroke_editing import flip, remove, selection_json, stroke_at

_TOLERANCE: Final = 3.0  # px of the view by which a click may miss a stroke
_SETTLING: Final = 0.02  # s for the masks of other objects, between two messages


class DrawMode:
    """One open image and its objects.

    Each finished stroke and each other change is saved at once; see `Autosave`. While a stroke is drawn, only the mask
    of its object is cut. The other objects follow afterwards, in short pieces of work.
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
        classes = app_state.storage.classes
        self._app_state = app_state
        self._trainer_view = trainer_view
        self._notify = notify
        self._name = name
        self._class_revision = classes.revision
        self._autosave = Autosave(app_state.storage, name, (image.shape[0], image.shape[1]), self._take_over)
        self._agent = app_state.agents.current
        self._scene = Scene(image, self._agent.segmenter, self._autosave.stored, classes.load())
        self._autosave.scene = self._scene
        truth = app_state.images.ground_truth(name)
        self._truth = truth if truth is not None and truth[0].shape == image.shape[:2] else None
        self._view_truth = _crop(self._truth, self._drawing)
        self._turn = AgentTurn(notify)
        self._has_prior = isinstance(self._agent.segmenter, PriorCutSegmenter)
        self._is_drawing = False  # a stroke is not finished
        self._is_new = False  # a stroke is finished, and no frame has shown it
        self._is_taught = True  # the trainer has the newest edits
        self._is_settled = False  # the masks of all objects are up to date
        self._look: Look | None = None  # what the client sees, if the image is larger than its cut
        self._detail: Detail | None = None  # of the newest masks, being made
        self._is_detailed = False  # the client has the detail of the newest masks
        self._shown: dict[str, Any] = {}  # the objects as the client has them
        self._selected: int | None = None
        trainer_view.open(name, image)

    @property
    def name(self) -> str:
        """The name of the image."""
        return self._name

    @property
    def _drawing(self) -> Drawing:
        return self._scene.drawing

    @property
    def assisting(self) -> bool:
        """Whether the agent has strokes left to draw or to plan."""
        return self._turn.is_active

    @property
    def is_busy(self) -> bool:
        """Whether the next frame will show more without a message: the agent draws, or objects are cut."""
        return self.assisting or not (self._is_drawing or (self._is_settled and self._is_detailed))

    @property
    def is_stale(self) -> bool:
        """Whether another client has changed something, or saving is to be tried again."""
        state = self._app_state
        if self._autosave.problem or not self._is_drawing:
            is_changed = state.storage.classes.revision != self._class_revision
            return self._autosave.is_stale or is_changed or state.agents.current is not self._agent
        return False

    def refresh(self) -> None:
        """Take over the edits of another client, and try again to save what could not be saved."""
        if self._is_drawing:
            return
        classes = self._app_state.storage.classes
        if classes.revision != self._class_revision:
            self._class_revision = classes.revision
            self._scene.set_classes(classes.load())
            self._is_settled = False
            self._turn.stop()
        if (agent := self._app_state.agents.current) is not self._agent:
            self._agent = agent
            self._turn.stop()
            self._has_prior = isinstance(agent.segmenter, PriorCutSegmenter)
            self._scene.set_segmenter(agent.segmenter)
            self._begin_again()
        self._autosave.refresh()

    def assist(self) -> None:
        """Draw one stroke of the agent, or plan one."""
        try:
            self.refresh()
            stroke = self._turn.step(self._agent.assistant, self._drawing)
            if stroke is None:
                return
            self._scene.apply(stroke)
        except CutOutError as error:
            self._turn.stop()
            self._notify({"error": str(error)})
            return
        self._finish_stroke()

    def close(self) -> None:
        """Stop the agent, and save an unfinished stroke."""
        self._turn.stop()
        if self._is_drawing:
            self._finish_stroke()
        elif self._autosave.problem:
            self._autosave.save()
        self._teach()

    def frame(self, seen: int) -> bytes:
        """Return the frame that shows the newest state, and the number of the last message."""
        self._teach()
        drawing, scene = self._drawing, self._scene
        # A finished stroke is shown before its own prior is predicted, which the next frame does unless another begins.
        drawing.is_draft = self._is_drawing or (self._is_new and self._has_prior)
        self._is_new = False
        if not drawing.is_draft and not self._is_settled:
            self._detail = None
            self._is_settled = scene.settle(_SETTLING)
            self._show_objects()
        truth = self._view_truth if len(scene.objects) == 1 else None
        mask = scene.mask()
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
            "estimated_iou": None if drawing.log_odds is None else self._agent.assistant.estimate_iou(drawing),
            "object": scene.current,
            "strokes": len(drawing.edits),
            "agent": self._agent.name,
            "by_agent": sum(is_by_agent(stroke) for stroke in strokes),
            "undo": scene.can_undo,
            "redo": scene.can_redo,
            "unsaved": self._autosave.problem,
            "selected": selection_json(drawing.edits, self._selected),
            **self._turn.facts(scene),
            "heads": [heads.get("inside"), heads.get("outside")],
            "window": None if drawing.window is None else sides_of(drawing.window),
        }
        if (detail := self._newest_detail()) is None or self._look is None:
            return encode_frame(facts, mask, drawing.shown_labels)
        left, top, *_ = sides = self._look.sides
        labels = drawing.shown_in((left, top), self._look.step, self._look.shape)
        return encode_frame({**facts, "detail": {"area": sides}}, mask, drawing.shown_labels, (detail, labels))

    def _newest_detail(self) -> Mask | None:
        """Return the mask as the client sees it; None while that is not known."""
        look, drawing = self._look, self._drawing
        if look is None or drawing.scale == 1:
            self._is_detailed = True
            return None
        if drawing.window is not None and drawing.is_in_window and (self._is_drawing or not self._is_settled):
            self._detail, self._is_detailed = None, False
            if look.area.width > 2 * drawing.window.width:  # it would take too long
                return None
            draft = Detail(self._scene, look, is_draft=True)
            draft.work(float("inf"))
            return draft.mask
        if self._is_drawing or not self._is_settled:
            self._detail, self._is_detailed = None, False
            return None
        if self._detail is None:
            self._detail = Detail(self._scene, look)
        self._is_detailed = self._detail.work(_SETTLING)
        return self._detail.mask if self._is_detailed else None

    def _show_objects(self) -> None:
        """Send the list of objects if it has changed, and the masks of those that are not current when all are cut."""
        scene, classes = self._scene, self._app_state.storage.classes.load()
        listed = {
            "name": self._name,
            "current": scene.current,
            "classes": msgspec.to_builtins(classes),
            "objects": [
                {
                    "number": info.number,
                    "category": info.category,
                    "name": info.name,
                    "hidden": info.hidden,
                    "edited": scene.strokes_of(info.number) > 0,
                }
                for info in scene.objects
            ],
        }
        if self._is_settled:
            others = scene.others()
            masks: Any = {"width": others.shape[1], "height": others.shape[0], "runs": encode_runs(others).tolist()}
        else:
            masks = self._shown.get("masks")
        if (shown := {**listed, "masks": masks}) != self._shown:
            self._shown = shown
            self._notify({"objects": shown})

    @singledispatchmethod
    def handle(self, message: messages.Message) -> None:
        """Carry out a message.

        Raises:
            CutOutError: it cannot be carried out.
        """
        raise CutOutError("There is no game; start one.")

    @handle.register
    def _(self, message: messages.BeginStroke) -> None:
        self._turn.stop()
        if self._is_drawing:
            self._finish_stroke()
        self.refresh()
        self._selected = None
        size = self._drawing.size
        window = read_window(message.window, size)
        self._scene.apply(Stroke(message.pen, message.width, clamp(message.points, size), window=window))
        if self._scene.info.hidden:
            self._scene.change(self._scene.current, hidden=False)
        self._is_drawing = True
        if message.end:
            self._finish_stroke()

    @handle.register
    def _(self, message: messages.ExtendStroke) -> None:
        self._turn.stop()
        if not self._is_drawing:
            raise CutOutError("There is no stroke to extend.")
        self._drawing.extend(clamp(message.points, self._drawing.size))
        if message.end:
            self._finish_stroke()

    @handle.register
    def _(self, message: messages.Look) -> None:
        size = self._drawing.size
        self._look = Look.at(Box.within(message.area, size), message.pixels)
        self._detail, self._is_detailed = None, False
        if (window := read_window(message.window, size)) is not None:
            self._drawing.prepare(window)

    @handle.register
    def _(self, message: messages.SetBox) -> None:
        box = Box.within(message.box, self._drawing.size)
        self._change(lambda: self._scene.apply(box))

    @handle.register
    def _(self, _: messages.Undo) -> None:
        self._change(self._scene.undo)

    @handle.register
    def _(self, _: messages.Redo) -> None:
        self._change(self._scene.redo)

    @handle.register
    def _(self, _: messages.Clear) -> None:
        self._change(lambda: self._scene.replace([]))

    @handle.register
    def _(self, _: messages.RemoveAgentStrokes) -> None:
        self._change(lambda: self._scene.replace(self._without(is_by_agent)))

    @handle.register
    def _(self, _: messages.FillBackground) -> None:
        self._change(lambda: self._scene.apply(BackgroundFill()))

    @handle.register
    def _(self, message: messages.AddObject) -> None:
        category = self._scene.info.category if message.category is None else message.category
        self._change(lambda: self._scene.add(category))

    @handle.register
    def _(self, message: messages.SelectObject) -> None:
        self.select(message.object)

    @handle.register
    def _(self, message: messages.ChangeObject) -> None:
        wanted = {"category": message.category, "name": message.name, "hidden": message.hidden}
        changes = {name: value for name, value in wanted.items() if value is not None}
        self._change(lambda: self._scene.change(message.object, **changes))

    @handle.register
    def _(self, message: messages.MoveObject) -> None:
        self._change(lambda: self._scene.move(message.object, message.step))

    @handle.register
    def _(self, message: messages.RemoveObject) -> None:
        self._change(lambda: self._scene.remove(message.object))

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
        self._change(lambda: self._scene.replace(edits))
        self._selected = index if message.change == "flip" else None

    @handle.register
    def _(self, message: messages.Assist) -> None:
        if self._is_drawing:
            self._finish_stroke()
        self._turn.draw(message.steps)

    @handle.register
    def _(self, _: messages.Suggest) -> None:
        if self._is_drawing:
            self._finish_stroke()
        self.refresh()
        self._turn.suggest(self._agent.assistant, self._drawing)

    @handle.register
    def _(self, message: messages.EndSuggestion) -> None:
        strokes = self._turn.end_suggestion()
        if strokes and message.accept:
            self._change(lambda: self._scene.replace([*self._drawing.edits, *strokes]))

    @handle.register
    def _(self, _: messages.StartCut) -> None:
        strokes = self._trainer_view.suggest_strokes()
        # The suggestions come first, because the user's later strokes replace their labels.
        self._change(lambda: self._scene.replace([*strokes, *self._without(lambda stroke: stroke.by == NETWORK)]))

    def select(self, number: int) -> None:
        """Make an object the current one.

        Raises:
            CutOutError: there is no such object.
        """
        self._turn.stop()
        if self._is_drawing:
            self._finish_stroke()
        self.refresh()
        self._scene.select(number)
        self._begin_again()

    def _without(self, is_left_out: Callable[[Stroke], bool]) -> list[Edit]:
        """Return the edits of the current object without some strokes."""
        return [edit for edit in self._drawing.edits if not (isinstance(edit, Stroke) and is_left_out(edit))]

    def _change(self, change: Callable[[], None]) -> None:
        self._turn.stop()
        if self._is_drawing:
            self._finish_stroke()
        with self._app_state.storage.lock:
            self.refresh()
            change()
            self._begin_again()
            self._is_taught = False
            self._autosave.save()

    def _finish_stroke(self) -> None:
        """Save the last edit, a stroke that is now finished."""
        self._is_drawing = self._is_taught = self._is_settled = False
        self._is_new = True
        self._scene.touch()
        self._autosave.save_last()

    def _take_over(self) -> None:
        self._turn.stop()
        self._is_taught = False
        self._begin_again()
        self._notify({"note": "The strokes of this image were changed elsewhere; the newest ones are shown."})

    def _begin_again(self) -> None:
        """Show the newest state after any change but a stroke."""
        self._selected = None
        self._is_new = self._is_settled = False
        self._view_truth = _crop(self._truth, self._drawing)

    def _teach(self) -> None:
        """Train on the newest edits; once for many strokes, because all are drawn anew."""
        if not self._is_taught:
            self._is_taught = True
            self._trainer_view.set_record(self._scene.record)


def _crop(truth: GroundTruth | None, drawing: Drawing) -> GroundTruth | None:
    """Crop the ground truth to the view of a drawing, and resize it to the size of the cut."""
    if truth is None:
        return None
    view, shape = drawing.view, drawing.labels.shape
    parts = [part[view.top : view.bottom, view.left : view.right].astype(np.float32) for part in truth]
    mask, void = (cv2.resize(part, shape[::-1], interpolation=cv2.INTER_AREA) > 0.5 for part in parts)
    return np.asarray(mask, np.bool_), np.asarray(void, np.bool_)
