"""The cut of one window of an image at its own resolution, on top of a mask that is known already."""

from collections.abc import Iterable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.annotation.mask_upsampling import UpsampledMask
from cutout_rl.game.session_labels import label_session
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE, UNLABELLED
from cutout_rl.segmenters import INSIDE, OUTSIDE, Session
from cutout_rl.segmenters.graph_cut_session import GraphCutSession
from cutout_rl.web.edits import Box, Edit, Stroke
from cutout_rl.web.rasterize import draw_edit, mark_stroke
from cutout_rl.web.resample import Mask
from cutout_rl.web.views import Views

_TRUST: Final = 0.25  # log-odds of the known mask per pixel of the whole cut, away from its contour
_MOST_TRUST: Final = 2.0  # log-odds; less than what colours and distances together can say
# Px of the whole cut from the contour, beyond which segmenters without a prior take the known mask as labels.
_SURE: Final = 8.0


class WindowCut:
    """A window of an object's mask.

    The known mask is a prior of the cut, the surer the farther from its contour, and labels the window's rim, so that
    both fit together. All edits are drawn over it, at the resolution of the window.

    Attributes:
        window: in pixels of the image.
        labels: (h, w) uint8, 0 unlabelled, 1 inside, 2 outside.
        mask: (h, w) bool, the newest one; None before the first cut.
        is_current: whether `mask` shows the newest labels.
    """

    def __init__(self, views: Views, window: Box, whole_scale: float) -> None:
        """Prepare a window.

        Args:
            views: of the image.
            window: in pixels of the image.
            whole_scale: pixels of the cut of the whole per pixel of the image.
        """
        self.window = window
        self._views = views
        self._image = views.picture(window)
        self._scale = self._image.shape[1] / window.width
        self._whole_scale = whole_scale
        self._known: NDArray[np.uint8] | None = None
        self.labels: NDArray[np.uint8] = np.zeros(self._image.shape[:2], np.uint8)
        self.mask: Mask | None = None
        self.is_current = False
        self._session: Session | None = None
        self._upsampled: UpsampledMask | None = None

    def update(self, known: Mask, edits: Iterable[Edit], foreign: Mask | None) -> None:
        """Take what the cut depends on; nothing is cut anew if that has not changed.

        Args:
            known: bool, the known mask of the window, in pixels of the image.
            edits: in order.
            foreign: (h, w) bool, the pixels that are marked as other objects', which are background; None for none.
        """
        shape = self.labels.shape
        share = cv2.resize(known.view(np.uint8) * np.uint8(255), shape[::-1], interpolation=cv2.INTER_AREA)
        labels = np.zeros(shape, np.uint8)
        if foreign is not None:
            labels[foreign] = LABELLED_OUTSIDE
        self._label_rim(labels, share)
        for edit in edits:
            draw_edit(labels, edit, (self.window.left, self.window.top), self._scale)
        if self._known is None or not np.array_equal(share, self._known):
            self._known = share
        elif np.array_equal(labels, self.labels):
            return
        self.labels = labels
        self._session = None
        self.is_current = False

    def mark(self, stroke: Stroke) -> None:
        """Draw a stroke, or the end of one."""
        pixels, was_labelled = mark_stroke(self.labels, stroke, (self.window.left, self.window.top), self._scale)
        if not len(pixels):
            return
        self.is_current = False
        # Labels of a session are permanent.
        if was_labelled:
            self._session = None
        elif self._session is not None:
            self._session.label(pixels, INSIDE if stroke.pen == "inside" else OUTSIDE)

    def cut(self) -> Mask:
        """Return the (h, w) bool mask for the newest labels; it must not be modified."""
        if not self.is_current or self.mask is None:
            mask = self.labels == LABELLED_INSIDE if self.labels.all() else self._begun().cut()
            if self.mask is None or not np.array_equal(mask, self.mask):
                self.mask = np.asarray(mask, np.bool_)
                self._upsampled = None
            self.is_current = True
        return self.mask

    def part(self, area: Box, is_draft: bool = False) -> Mask:
        """Return the newest mask in a part of the window, as bool pixels of the image.

        A draft takes a tenth of the time, and its edge does not follow the image.
        """
        if is_draft:
            size = self.window.width, self.window.height
            smooth = cv2.resize(self.cut().view(np.uint8) * np.uint8(255), size, interpolation=cv2.INTER_LINEAR)
            return np.asarray(smooth[area.slices((self.window.left, self.window.top))] > 127)
        if self._upsampled is None:
            self._upsampled = UpsampledMask(self._views.part(self.window), self._image, self.cut())
        left, top = self.window.left, self.window.top
        return self._upsampled.part(area.left - left, area.top - top, area.right - left, area.bottom - top)

    def release(self) -> None:
        """Free the memory of the warm cut."""
        self._session = None

    def _begun(self) -> Session:
        if self._session is None:
            assert self._known is not None
            depth = _depth(self._known) * (self._whole_scale / self._scale)
            session = self._views.begin_window(self.window)
            labels = self.labels
            if isinstance(session, GraphCutSession):
                session.set_prior(np.clip(_TRUST * depth, -_MOST_TRUST, _MOST_TRUST))
            else:
                labels = labels.copy()
                labels[(labels == UNLABELLED) & (depth > _SURE)] = LABELLED_INSIDE
                labels[(labels == UNLABELLED) & (depth < -_SURE)] = LABELLED_OUTSIDE
            label_session(session, labels)
            self._session = session
        return self._session

    def _label_rim(self, labels: NDArray[np.uint8], share: NDArray[np.uint8]) -> None:
        """Label the sides of the window that are not sides of the image."""
        window, (height, width) = self.window, self._views.image.shape[:2]
        places: tuple[tuple[bool, tuple[slice | int, slice | int]], ...] = (
            (window.top > 0, (0, slice(None))),
            (window.bottom < height, (-1, slice(None))),
            (window.left > 0, (slice(None), 0)),
            (window.right < width, (slice(None), -1)),
        )
        for is_within, place in places:
            if is_within:
                labels[place] = np.where(share[place] > 127, LABELLED_INSIDE, LABELLED_OUTSIDE)


def _depth(share: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the distance of each pixel from the contour of a mask, negative outside."""
    inside = (share > 127).view(np.uint8)
    if inside.all() or not inside.any():
        return np.asarray(np.where(inside, 1e3, -1e3), np.float32)
    within, beyond = (cv2.distanceTransform(side, cv2.DIST_L2, cv2.DIST_MASK_5) for side in (inside, 1 - inside))
    return np.asarray(within - beyond, np.float32)
