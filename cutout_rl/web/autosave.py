"""Saving of an image's objects after every change, and taking over what other clients have changed."""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.objects import ImageRecord
from cutout_rl.web.scene import Scene
from cutout_rl.web.scene_steps import Past
from cutout_rl.web.storage import Storage, access_failure

_RETRY_AFTER: Final = 2.0  # s between two attempts to save


class Autosave:
    """Saves a scene.

    If that fails, the edits stay in memory, `problem` says why, and saving is tried again. If another client has
    changed the same image, its edits are taken over first.

    Attributes:
        scene: what is saved.
        problem: why the newest edits could not be saved; empty if they are.
    """

    def __init__(
        self,
        storage: Storage,
        name: str,
        size: tuple[int, int],
        pasts: deque[Past],
        on_taken_over: Callable[[bool], None],
    ) -> None:
        """Read what is stored; `scene` has to be set before anything else.

        Args:
            storage: the folder.
            name: of the image.
            size: (height, width) of the image.
            pasts: what undo and redo knew before others changed the image, newest last; more are added.
            on_taken_over: is called with whether there were edits before those of another client were taken over.

        Raises:
            CutOutError: the stored file is damaged and cannot be renamed.
        """
        self.scene: Scene
        self.problem = ""
        self._storage = storage
        self._name = name
        self._size = size
        self._pasts = pasts
        self._on_taken_over = on_taken_over
        self._retry_at = 0.0
        with storage.lock:
            self.stored = storage.load(name, size)
            self._objects = self.stored.objects  # as they are in the file
            self._revision = storage.revision(name)

    @property
    def is_stale(self) -> bool:
        """Whether another client has changed the image, or saving is to be tried again."""
        if self.problem:
            return time.monotonic() > self._retry_at
        return self._is_changed

    def refresh(self) -> None:
        """Take over the edits of another client, and try again to save what could not be saved."""
        if self.problem:
            self.save()
        elif self._is_changed:
            self._take_over(self._load())

    def save_last(self) -> None:
        """Save the last edit of the current object, which alone is new."""
        scene = self.scene
        number, edit = scene.current, scene.drawing.edits[-1]
        with self._storage.lock:
            if self.problem:
                self.save()
            elif self._is_changed:
                stored = self._load().with_object(number)
                new = () if (number, edit) in stored.tagged else ((number, edit),)  # or the browser has sent it again
                self._take_over(ImageRecord(stored.objects, (*stored.tagged, *new)))
                self._write(lambda: self._storage.save(self._name, self._size, scene.record))
            elif scene.kept_objects != self._objects:  # an edit of an object that the file lacks would damage it
                self._write(lambda: self._storage.save(self._name, self._size, scene.record))
            else:
                self._write(lambda: self._storage.append(self._name, self._size, number, edit, lambda: scene.record))

    def save(self) -> None:
        """Save everything."""
        with self._storage.lock:
            if self._is_changed:
                self._take_over(self._load().joined(self.scene.record))
            self._write(lambda: self._storage.save(self._name, self._size, self.scene.record))

    @property
    def _is_changed(self) -> bool:
        return self._storage.revision(self._name) != self._revision

    def _load(self) -> ImageRecord:
        return self._storage.load(self._name, self._size)

    def _write(self, write: Callable[[], None]) -> None:
        try:
            write()
        except (OSError, CutOutError) as error:
            self.problem = access_failure(error) if isinstance(error, OSError) else str(error)
            self._retry_at = time.monotonic() + _RETRY_AFTER
        else:
            self.problem = ""
            self._revision = self._storage.revision(self._name)
            self._objects = self.scene.kept_objects

    def _take_over(self, record: ImageRecord) -> None:
        self._revision = self._storage.revision(self._name)
        self._objects = record.objects
        past = self.scene.past
        self.scene.reload(record)
        self.scene.remember(self._pasts)
        self._pasts.append(past)
        self._on_taken_over(bool(past.tagged))
