"""The cut of the whole view of an object, warm from stroke to stroke."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from cutout_rl.annotation.mask_upsampling import UpsampledMask
from cutout_rl.game.session_labels import label_session
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE, UNLABELLED
from cutout_rl.segmenters import OUTSIDE, Label, Session
from cutout_rl.segmenters.prior_cut import PriorCutSession
from cutout_rl.web.edits import Box
from cutout_rl.web.resample import Mask
from cutout_rl.web.views import Views

Labels = NDArray[np.uint8]


class WholeCut:
    """The labels of a view, and their mask.

    Attributes:
        image: (h, w, 3) uint8, the view at the size of the cut.
        labels: (h, w) uint8: 0 unlabelled, 1 inside, 2 outside.
        log_odds: (h, w) floats, the prior of the last cut; None if there was none.
    """

    def __init__(self, views: Views, view: Box) -> None:
        """Begin without labels.

        Args:
            views: of the image.
            view: the part of it that is cut.
        """
        self.image = views.picture(view)
        self.labels: Labels = np.zeros(self.image.shape[:2], np.uint8)
        self.log_odds: NDArray[np.floating] | None = None
        self._views, self._view = views, view
        self._session: Session | None = None
        self._mask: Mask | None = None
        self._predicted: tuple[Labels, NDArray[np.floating] | None] | None = None  # by `predict`, and from what
        self._upsampled: tuple[Mask, UpsampledMask] | None = None

    def redraw(self, labels: Labels) -> None:
        """Take other labels; the warm cut stays if they are the same."""
        is_same, self.labels = np.array_equal(self.labels, labels), labels
        if not is_same:
            self._session = self._mask = self._predicted = None

    def forget_mask(self) -> None:
        """Discard the mask, because what its prior is predicted from may have changed."""
        self._mask = None

    def mark(self, pixels: NDArray[np.int64], label: Label, was_labelled: bool) -> None:
        """Take (N, 2) pixels (row, column) that have got a label.

        Args:
            pixels: changed in `labels` already.
            label: of them.
            was_labelled: whether one of them had another label before.
        """
        if not len(pixels):
            return
        self._mask = self._predicted = None
        # Labels of a session are permanent, so the next cut begins a new one if any label was replaced.
        if was_labelled:
            self._session = None
        elif self._session is not None:
            self._session.label(pixels, label)

    def add_background(self, background: Mask) -> None:
        """Label the unlabelled ones among (h, w) bool pixels as background."""
        added = background & (self.labels == UNLABELLED)
        self.labels[added] = LABELLED_OUTSIDE
        self.mark(np.argwhere(added), OUTSIDE, False)

    def mask(self, is_draft: bool, seen: Callable[[], Labels | None]) -> Mask:
        """Return the (h, w) bool mask; it must not be modified.

        Args:
            is_draft: whether a prior stays as it was in the last cut.
            seen: returns the (h, w) labels that a prior is predicted from; None for those that are cut.
        """
        if self._mask is None and self.labels.all():
            self._mask = self.labels == LABELLED_INSIDE
        if self._mask is None:
            session = self._begun()
            if not isinstance(session, PriorCutSession):
                self._mask = session.cut()
            elif is_draft:
                return session.draft(self.log_odds)
            else:
                self._mask = session.cut(seen())
                self.log_odds = session.log_odds
        return self._mask

    def predict(self, seen: Labels) -> NDArray[np.floating] | None:
        """Return the (h, w) log-odds that are predicted from other labels; None if no network guides the cut."""
        if self.log_odds is None:
            return None
        if self._predicted is None or not np.array_equal(seen, self._predicted[0]):
            session = self._begun()
            assert isinstance(session, PriorCutSession)
            self._predicted = seen, session.predict(seen)
        return self._predicted[1]

    def upsampled(self, mask: Mask) -> UpsampledMask:
        """Return the newest mask, upsampled to the size of the image where it is asked for."""
        if self._upsampled is None or not np.array_equal(mask, self._upsampled[0]):
            self._upsampled = mask, UpsampledMask(self._views.part(self._view), self.image, mask)
        return self._upsampled[1]

    def release(self) -> None:
        """Free the memory of the warm cut; the next cut begins anew."""
        self._session = None

    def _begun(self) -> Session:
        if self._session is None:
            self._session = self._views.begin(self._view)
            label_session(self._session, self.labels)
        return self._session
