"""What one client is shown of the objects of an image: frames, and notes about objects and points."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from cutout_rl.game.reward import intersection_over_union
from cutout_rl.web.classes import ClassFile
from cutout_rl.web.detail import Detail, Look
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import Box
from cutout_rl.web.frame import encode_frame, encode_runs
from cutout_rl.web.image_store import GroundTruth
from cutout_rl.web.other_masks import OtherMasks
from cutout_rl.web.outline_points import Spacing, outline_points
from cutout_rl.web.resample import Mask
from cutout_rl.web.scene import Scene

_SETTLING: Final = 0.02  # s for the masks of other objects, between two messages


class Display:
    """The newest masks of a scene as a client sees them.

    While a stroke is drawn, only the mask of its object is shown. The rest follows afterwards, in short pieces of work.

    Attributes:
        is_settled: whether the masks of all objects are up to date.
    """

    def __init__(
        self,
        scene: Scene,
        name: str,
        classes: ClassFile,
        truth: GroundTruth | None,
        notify: Callable[[dict[str, Any]], None],
    ) -> None:
        """Begin without having shown anything.

        Args:
            scene: is shown.
            name: of the image.
            classes: of its objects.
            truth: the ground truth at the size of the image, if there is one.
            notify: sends a note to the client.
        """
        self.is_settled = False
        self._scene, self._name, self._classes, self._truth, self._notify = scene, name, classes, truth, notify
        self._view_truth = _crop(truth, scene.drawing)
        self._look: Look | None = None  # what the client sees, if the image is larger than its cut
        self._detail: Detail | None = None  # of the newest masks, being made
        self._is_detailed = False  # the client has the detail of the newest masks
        self._others = OtherMasks(scene)
        self._has_others = True  # the client has the newest masks of the other objects as it sees them
        self._shown_others: dict[str, Any] = {"name": name}  # as the client has them
        self._spacing: Spacing | None = None  # of the outline's points, if the client wants them
        self._has_points = True  # the client has the newest ones, if it wants them
        self._shown: dict[str, Any] = {}  # the objects as the client has them

    @property
    def is_complete(self) -> bool:
        """Whether the client has the newest state of everything."""
        return self.is_settled and self._is_detailed and self._has_others and self._has_points

    def look_at(self, look: Look) -> None:
        """Show the mask of an area at the resolution of the screen from now on."""
        self._look = look
        self._others.look_at(look)
        self._detail, self._is_detailed, self._has_others = None, False, False

    def show_points(self, spacing: Spacing | None) -> None:
        """Show the points of the current object's outline from now on, or none."""
        self._spacing = spacing
        self._has_points = spacing is None

    def begin_again(self) -> None:
        """Show the newest state after any change but a stroke."""
        self.is_settled = False
        self._view_truth = _crop(self._truth, self._scene.drawing)

    def settle(self) -> bool:
        """Bring the masks of all objects up to date, for some time, unless the current one is a draft.

        Returns:
            Whether they were out of date before, and are not now.
        """
        if self._scene.drawing.is_draft or self.is_settled:
            return False
        self._detail, self._is_detailed = None, False
        self._has_others = self._look is None
        self._has_points = self._spacing is None
        self.is_settled = self._scene.settle(_SETTLING)
        self._show_objects()
        return self.is_settled

    def frame(self, facts: Mapping[str, Any], mask: Mask, is_drawing: bool) -> bytes:
        """Return a frame that shows the (h, w) bool mask of the current object, with further facts."""
        drawing = self._scene.drawing
        view = drawing.view
        truth = self._view_truth if len(self._scene.objects) == 1 else None
        facts = {
            **facts,
            "name": self._name,
            "size": drawing.size,
            "view": [view.left, view.top, view.right, view.bottom],
            "iou": None if truth is None else intersection_over_union(mask, *truth),
        }
        was_detailed = self._is_detailed
        detail = self._newest_detail(is_drawing)
        if was_detailed:  # else the mask is shown first
            self._show_others(is_drawing)
            self._show_points(facts["seen"], is_drawing)
        if detail is None or self._look is None:
            return encode_frame(facts, mask, drawing.shown_labels)
        left, top, *_ = sides = self._look.sides
        labels = drawing.shown_in((left, top), self._look.step, self._look.shape)
        return encode_frame({**facts, "detail": {"area": sides}}, mask, drawing.shown_labels, (detail, labels))

    def _newest_detail(self, is_drawing: bool) -> Mask | None:
        """Return the mask as the client sees it; None while that is not known."""
        look, drawing = self._look, self._scene.drawing
        if look is None or drawing.scale == 1:
            self._is_detailed = True
            return None
        if drawing.window is not None and drawing.is_in_window and (is_drawing or not self.is_settled):
            self._detail, self._is_detailed = None, False
            if look.area.width > 2 * drawing.window.width:  # it would take too long
                return None
            draft = Detail(lambda rows: self._scene.part(rows, look.step > 1), look)
            draft.work(float("inf"))
            return draft.mask
        if is_drawing or not self.is_settled:
            self._detail, self._is_detailed = None, False
            return None
        if self._detail is None:
            self._detail = Detail(self._scene.part, look)
        self._is_detailed = self._detail.work(_SETTLING)
        return self._detail.mask if self._is_detailed else None

    def _show_others(self, is_drawing: bool) -> None:
        """Send the masks of the other objects as the client sees them, if they have changed, when all are complete."""
        look, scene = self._look, self._scene
        if self._has_others or look is None or is_drawing or not (self.is_settled and self._is_detailed):
            return
        if not self._others.work(_SETTLING):
            return
        self._has_others = True
        places = self._others.in_look()
        masks = {
            "name": self._name,
            "area": look.sides,
            "numbers": [info.number for info in scene.objects],
            **_runs_of(places),
        }
        shown = masks if places.any() else {"name": self._name}
        if shown != self._shown_others:
            self._shown_others = shown
            self._notify({"others": shown})

    def _show_points(self, seen: int, is_drawing: bool) -> None:
        """Send the points of the current object's outline when its mask is complete, after the message `seen`."""
        scene, spacing = self._scene, self._spacing
        if self._has_points or spacing is None or is_drawing or not (self.is_settled and self._is_detailed):
            return
        height, width = scene.drawing.size
        rings = outline_points(scene.part(Box(0, 0, width, height)), scene.drawing.edits, spacing)
        points = {"name": self._name, "object": scene.current, "seen": seen, "rings": rings, "width": spacing.band}
        self._notify({"points": points})
        self._has_points = True

    def _show_objects(self) -> None:
        """Send the list of objects if it has changed, and the masks of those that are not current when all are cut."""
        scene, classes = self._scene, self._classes.load()
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
                    "edited": bool(scene.drawing_of(info.number).edits),
                }
                for info in scene.objects
            ],
        }
        if self.is_settled:
            others = self._others.in_whole()
            masks: Any = _runs_of(others)
        else:
            masks = self._shown.get("masks")
        if (shown := {**listed, "masks": masks}) != self._shown:
            self._shown = shown
            self._notify({"objects": shown})


def _runs_of(places: NDArray[np.uint8]) -> dict[str, Any]:
    return {"width": places.shape[1], "height": places.shape[0], "runs": encode_runs(places).tolist()}


def _crop(truth: GroundTruth | None, drawing: Drawing) -> GroundTruth | None:
    """Crop the ground truth to the view of a drawing, and resize it to the size of the cut."""
    if truth is None:
        return None
    view, shape = drawing.view, drawing.labels.shape
    parts = [part[view.top : view.bottom, view.left : view.right].astype(np.float32) for part in truth]
    mask, void = (cv2.resize(part, shape[::-1], interpolation=cv2.INTER_AREA) > 0.5 for part in parts)
    return np.asarray(mask, np.bool_), np.asarray(void, np.bool_)
