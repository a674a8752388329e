"""In which images one client has made its changes, so that undo goes back from one image to another."""


class UndoOrder:
    """The images of all changes of one client, oldest first, and those of the undone ones."""

    def __init__(self) -> None:
        """Begin without changes."""
        self._done: list[str] = []
        self._undone: list[str] = []

    def did(self, name: str, count: int) -> None:
        """Add so many changes of an image; what was undone is forgotten."""
        if count:
            self._done += [name] * count
            self._undone.clear()

    def next_image(self, is_redo: bool) -> str | None:
        """Return the image in which undo or redo comes next; None if nothing was changed, or undone."""
        names = self._undone if is_redo else self._done
        return names[-1] if names else None

    def move(self, is_redo: bool) -> None:
        """Take the next change as undone or redone, if there is one."""
        source, target = (self._undone, self._done) if is_redo else (self._done, self._undone)
        if source:
            target.append(source.pop())

    def forget(self, name: str) -> None:
        """Forget an image that is no longer there."""
        self._done, self._undone = ([each for each in names if each != name] for names in (self._done, self._undone))
