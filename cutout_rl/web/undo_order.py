"""In which order one client has made its changes, so that undo goes back from one image to another."""

from cutout_rl.web.folder_changes import FolderChange

Change = str | FolderChange  # the name of an image stands for a step of its scene


class UndoOrder:
    """All changes of one client, oldest first, and the undone ones."""

    def __init__(self) -> None:
        """Begin without changes."""
        self._done: list[Change] = []
        self._undone: list[Change] = []

    def did(self, change: Change, count: int = 1) -> None:
        """Add so many changes of an image, or one of the folder; what was undone is forgotten."""
        if count:
            self._done += [change] * count
            self._undone.clear()

    def next_change(self, is_redo: bool) -> Change | None:
        """Return what undo or redo comes to next; None if nothing was changed, or undone."""
        changes = self._undone if is_redo else self._done
        return changes[-1] if changes else None

    def move(self, is_redo: bool) -> None:
        """Take the next change as undone or redone, if there is one."""
        source, target = (self._undone, self._done) if is_redo else (self._done, self._undone)
        if source:
            target.append(source.pop())

    def forget(self, change: Change) -> None:
        """Forget the changes of an image that is no longer there, or one of the folder."""
        self._done, self._undone = (
            [each for each in changes if each != change] for changes in (self._done, self._undone)
        )
