"""Draw mode: a user cuts the objects of an image with strokes, helped by the agent and the network."""

from collections import deque
from collections.abc import Callable
from functools import singledispatchmethod
from typing import Any, Final

from cutout_rl.segmenters.prior_cut import PriorCutSegmenter
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web import messages
from cutout_rl.web.agent_turn import AgentTurn
from cutout_rl.web.app_state import AppState
from cutout_rl.web.autosave import Autosave
from cutout_rl.web.current_estimate import CurrentEstimate
from cutout_rl.web.detail import Look
from cutout_rl.web.display import Display
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edit_json import read_window, sides_of
from cutout_rl.web.edits import NETWORK, BackgroundFill, Box, Edit, Stroke, clamp, is_by_agent
from cutout_rl.web.online.trainer_view import TrainerView
from cutout_rl.web.outline_points import Spacing
from cutout_rl.web.scene import Scene
from cutout_rl.web.scene_steps import Past
from cutout_rl.web.stroke_editing import edit_selected, selection_json, stroke_at

_TOLERANCE: Final = 3.0  # px of the view by which a click may miss a stroke


class DrawMode:
    """One open image and its objects.

    Each finished stroke and each other change is saved at once; see `Autosave`. `Display` makes what the client
    sees.

    Attributes:
        name: of the image.
        scene: the objects and their edits.
    """

    def __init__(
        self,
        app_state: AppState,
        trainer_view: TrainerView,
        notify: Callable[[dict[str, Any]], None],
        name: str,
        pasts: deque[Past],
    ) -> None:
        """Open an image.

        Args:
            app_state: holds the images.
            trainer_view: the client's view of the network, which then shows this image.
            notify: sends a note to the client.
            name: of the image.
            pasts: what undo and redo knew when this client left the image, or others changed it, newest last.

        Raises:
            CutOutError: there is no such image, or its file or its strokes are damaged.
        """
        image = app_state.images.load(name)
        classes = app_state.storage.classes
        self._app_state = app_state
        self._trainer_view = trainer_view
        self._notify = notify
        self.name = name
        self._class_revision = classes.revision
        self._autosave = Autosave(app_state.storage, name, (image.shape[0], image.shape[1]), pasts, self._take_over)
        self._agent = app_state.agents.current
        self.scene = Scene(image, self._agent.segmenter, self._autosave.stored, classes.load())
        self.scene.remember(pasts)
        self._autosave.scene = self.scene
        truth = app_state.images.ground_truth(name)
        if truth is not None and truth[0].shape != image.shape[:2]:
            truth = None
        self._display = Display(self.scene, name, classes, truth, notify)
        self._estimate = CurrentEstimate(app_state.storage.estimates, name, self.scene, notify)
        self._turn = AgentTurn(notify)
        self._has_prior = isinstance(self._agent.segmenter, PriorCutSegmenter)
        self._is_drawing = False  # a stroke is not finished
        self._is_new = False  # a stroke is finished, and no frame has shown it
        self._is_taught = True  # the trainer has the newest edits
        self._selected: int | None = None
        trainer_view.open(name, image)

    @property
    def _drawing(self) -> Drawing:
        return self.scene.drawing

    @property
    def assisting(self) -> bool:
        """Whether the agent has strokes left to draw or to plan."""
        return self._turn.is_active

    @property
    def is_busy(self) -> bool:
        """Whether the next frame will show more without a message: the agent draws, or objects are cut."""
        return self.assisting or not (self._is_drawing or self._display.is_complete)

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
            self.scene.set_classes(classes.load())
            self._display.is_settled = False
            self._turn.stop()
        if (agent := self._app_state.agents.current) is not self._agent:
            self._agent = agent
            self._turn.stop()
            self._has_prior = isinstance(agent.segmenter, PriorCutSegmenter)
            self.scene.set_segmenter(agent.segmenter)
            self._begin_again()
        self._autosave.refresh()

    def assist(self) -> None:
        """Draw one stroke of the agent, or plan one."""
        try:
            self.refresh()
            stroke = self._turn.step(self._agent.assistant, self._drawing)
            if stroke is None:
                return
            self.scene.apply(stroke)
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
        if self._estimate.is_kept and not self._display.is_settled:
            self._drawing.is_draft = False
            self.scene.settle()
            self._estimate.renew(self._agent.assistant)

    def frame(self, seen: int, can_undo: bool = False, can_redo: bool = False) -> bytes:
        """Return the frame that shows the newest state, the number of the last message, and what other images add."""
        self._teach()
        drawing, scene = self._drawing, self.scene
        # A finished stroke is shown before its own prior is predicted, which the next frame does unless another begins.
        drawing.is_draft = self._is_drawing or (self._is_new and self._has_prior)
        self._is_new = False
        if self._display.settle():
            self._estimate.renew(self._agent.assistant)
        mask = scene.mask()
        strokes = [edit for edit in drawing.edits if isinstance(edit, Stroke)]
        heads = {stroke.pen: stroke.points[-1] for stroke in strokes}
        facts = {
            "mode": "draw",
            "seen": seen,
            "estimated_iou": self._estimate.shown,
            "object": scene.current,
            "strokes": len(drawing.edits),
            "agent": self._agent.name,
            "by_agent": sum(is_by_agent(stroke) for stroke in strokes),
            "undo": can_undo or scene.can_undo,
            "redo": can_redo or scene.can_redo,
            "unsaved": self._autosave.problem,
            "selected": selection_json(drawing.edits, self._selected),
            **self._turn.facts(scene),
            "heads": [heads.get("inside"), heads.get("outside")],
            "window": None if drawing.window is None else sides_of(drawing.window),
        }
        return self._display.frame(facts, mask, self._is_drawing)

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
        self._apply_visibly(Stroke(message.pen, message.width, clamp(message.points, size), window=window))
        self._is_drawing = True
        if message.end:
            self._finish_stroke()

    @handle.register
    def _(self, message: messages.ExtendStroke) -> None:
        self._turn.stop()
        if not self._is_drawing:
            raise CutOutError("There is no stroke to extend.")
        try:
            self._drawing.extend(clamp(message.points, self._drawing.size))
        finally:  # also a stroke that has become too long ends here
            if message.end:
                self._finish_stroke()

    @handle.register
    def _(self, message: messages.Look) -> None:
        size = self._drawing.size
        self._display.look_at(Look.at(Box.within(message.area, size), message.pixels))
        if (window := read_window(message.window, size)) is not None:
            self._drawing.prepare(window)

    @handle.register
    def _(self, message: messages.ShowPoints) -> None:
        spacing = None
        if message.area is not None:
            area = Box.within(message.area, self._drawing.size)
            spacing = Spacing(area, message.tolerance, message.elsewhere)
        self._display.show_points(spacing)

    @handle.register
    def _(self, message: messages.ChangeOutline) -> None:
        edit = message.edit.clipped(self._drawing.size)
        # The browser may have sent it again already, because the connection was lost.
        self._change(lambda: None if self._drawing.edits[-1:] == [edit] else self._apply_visibly(edit))

    @handle.register
    def _(self, message: messages.SetBox) -> None:
        box = Box.within(message.box, self._drawing.size)
        self._change(lambda: self.scene.apply(box))

    @handle.register
    def _(self, _: messages.Undo) -> None:
        self._change(self.scene.undo)

    @handle.register
    def _(self, _: messages.Redo) -> None:
        self._change(self.scene.redo)

    @handle.register
    def _(self, _: messages.Clear) -> None:
        self._change(lambda: self.scene.replace([]))

    @handle.register
    def _(self, _: messages.RemoveAgentStrokes) -> None:
        self._change(lambda: self.scene.replace(self._without(is_by_agent)))

    @handle.register
    def _(self, _: messages.FillBackground) -> None:
        self._change(lambda: self.scene.apply(BackgroundFill()))

    @handle.register
    def _(self, message: messages.AddObject) -> None:
        category = self.scene.info.category if message.category is None else message.category
        self._change(lambda: self.scene.add(category))

    @handle.register
    def _(self, message: messages.SelectObject) -> None:
        self.select(message.object)

    @handle.register
    def _(self, message: messages.ChangeObject) -> None:
        wanted = {"category": message.category, "name": message.name, "hidden": message.hidden}
        changes = {name: value for name, value in wanted.items() if value is not None}
        self._change(lambda: self.scene.change(message.object, **changes))

    @handle.register
    def _(self, message: messages.MoveObject) -> None:
        self._change(lambda: self.scene.move(message.object, message.step))

    @handle.register
    def _(self, message: messages.RemoveObject) -> None:
        self._change(lambda: self.scene.remove(message.object))

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
        selected = self._selected
        self._change(lambda: self.scene.replace(edit_selected(message.change, self._drawing.edits, self._selected)))
        self._selected = selected if message.change == "flip" else None

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
        strokes, planned_for = self._turn.end_suggestion(), self.scene.current
        if strokes and message.accept:
            self._change(lambda: self._add(strokes, planned_for))

    @handle.register
    def _(self, _: messages.StartCut) -> None:
        strokes = self._trainer_view.suggest_strokes()
        # The suggestions come first, because the user's later strokes replace their labels.
        self._change(lambda: self.scene.replace([*strokes, *self._without(lambda stroke: stroke.by == NETWORK)]))

    def select(self, number: int) -> None:
        """Make an object the current one.

        Raises:
            CutOutError: there is no such object.
        """
        self._turn.stop()
        if self._is_drawing:
            self._finish_stroke()
        self.refresh()
        self.scene.select(number)
        self._begin_again()

    def _apply_visibly(self, edit: Edit) -> None:
        """Apply an edit to the current object, and show it if it was hidden."""
        self.scene.apply(edit)
        if self.scene.info.hidden:
            self.scene.change(self.scene.current, hidden=False)

    def _add(self, strokes: list[Stroke], number: int) -> None:
        """Add strokes to an object, which another client may have removed."""
        if number != self.scene.current:
            raise CutOutError("The object of the suggestion was removed elsewhere; ask for another.")
        self.scene.replace([*self._drawing.edits, *strokes])

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
        self._is_drawing = self._is_taught = self._display.is_settled = False
        self._is_new = True
        self.scene.touch()
        self._autosave.save_last()

    def _take_over(self, had_edits: bool) -> None:
        self._turn.stop()
        self._is_taught = False
        self._begin_again()
        if had_edits:  # the first ones follow a message on where they came from
            self._notify({"note": "The strokes of this image were changed elsewhere; the newest ones are shown."})

    def _begin_again(self) -> None:
        """Show the newest state after any change but a stroke."""
        self._selected = None
        self._is_new = False
        self._display.begin_again()

    def _teach(self) -> None:
        """Train on the newest edits; once for many strokes, because all are drawn anew."""
        if not self._is_taught:
            self._is_taught = True
            self._trainer_view.set_record(self.scene.record)
