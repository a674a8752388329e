"""One client's session: its mode, and the handling of its messages."""

from collections import defaultdict, deque
from contextlib import suppress
from typing import Any, Final

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.app_state import AppState
from cutout_rl.web.draw_mode import DrawMode
from cutout_rl.web.folder_changes import FolderChange
from cutout_rl.web.messages import Did, Message, Open, Play, Redo, ResetNetwork, SetLearning, Undo, WatchPrediction
from cutout_rl.web.online.trainer_view import TrainerView
from cutout_rl.web.play_mode import PlayMode
from cutout_rl.web.scene_steps import Past
from cutout_rl.web.storage import access_failure
from cutout_rl.web.undo_order import UndoOrder
from cutout_rl.web.work_time import WorkClock

_MOST_PASTS: Final = 8  # for each image


class ClientSession:
    """The state of one client, used by one thread at a time.

    Attributes:
        notes: messages for the client that are not frames, oldest first; the sender clears the list.
        trainer_view: the client's view of the network.
    """

    def __init__(self, app_state: AppState) -> None:
        """Start without an open image."""
        self.notes: list[dict[str, Any]] = []
        self.trainer_view = TrainerView(app_state.trainer)
        self._app_state = app_state
        self._mode: DrawMode | PlayMode | None = None
        self._order = UndoOrder()
        # Of the images that this client has left, or that were changed elsewhere; newest last.
        self._pasts: defaultdict[str, deque[Past]] = defaultdict(lambda: deque(maxlen=_MOST_PASTS))
        self._n_steps = 0  # of the open image, which `_order` knows
        self._seen = 0
        self._clock = WorkClock(app_state.storage.times)
        self._damage = len(app_state.storage.damage)  # of the damaged files, reported to the client

    @property
    def assisting(self) -> bool:
        """Whether the agent has strokes left to draw or to plan."""
        return isinstance(self._mode, DrawMode) and self._mode.assisting

    @property
    def is_busy(self) -> bool:
        """Whether the next frame will show more without a message."""
        return isinstance(self._mode, DrawMode) and self._mode.is_busy

    def handle(self, message: Message) -> None:
        """Carry out a message; an error becomes a note."""
        self._seen = message.id
        try:
            match message:
                case Open():
                    self._open(message.name, message.object)
                case Play():
                    self._play()
                case Did():
                    if (change := self._app_state.changes.take(message.change)) is not None:
                        self._order.did(change)
                case SetLearning():
                    self._app_state.trainer.change_settings(message.changes)
                case WatchPrediction():
                    self.trainer_view.watch(message.on)
                case ResetNetwork():
                    self._app_state.trainer.reset()
                case _ if self._mode is None:
                    raise CutOutError("No image is open; open one, or start a game.")
                case Undo() | Redo() if isinstance(self._mode, DrawMode):
                    self._undo(self._mode, message)
                    self._clock.tick(self._mode.name)
                case _:
                    self._mode.handle(message)
                    if isinstance(self._mode, DrawMode):
                        self._clock.tick(self._mode.name)
        except CutOutError as error:
            self.notes.append({"error": str(error)})
        except OSError as error:
            self.notes.append({"error": access_failure(error)})
        self._note_steps()
        self._note_damage()

    @property
    def is_stale(self) -> bool:
        """Whether `refresh` would change something."""
        storage = self._app_state.storage
        return len(storage.damage) > self._damage or (isinstance(self._mode, DrawMode) and self._mode.is_stale)

    def refresh(self) -> None:
        """Take over what other clients have changed, and report files found damaged."""
        if isinstance(self._mode, DrawMode):
            self._mode.refresh()
        self._note_damage()

    def assist(self) -> None:
        """Draw one stroke of the agent, or plan one."""
        if isinstance(self._mode, DrawMode):
            self._mode.assist()
            self._note_steps()

    def close(self) -> None:
        """Save an unfinished stroke, and stop predicting."""
        self._close_mode()
        self.trainer_view.close()

    def frame(self) -> bytes | None:
        """Return the frame that shows the newest state; None before an image is open."""
        if isinstance(self._mode, DrawMode):
            return self._mode.frame(
                self._seen, *(self._order.next_change(is_redo) is not None for is_redo in (False, True))
            )
        return None if self._mode is None else self._mode.frame(self._seen)

    def _open(self, name: str, number: int | None) -> None:
        self._close_mode()
        pasts = self._pasts[name]
        self._mode = mode = DrawMode(self._app_state, self.trainer_view, self.notes.append, name, pasts)
        self._n_steps = 0
        if number is not None:
            with suppress(CutOutError):  # somebody has removed the object
                mode.select(number)

    def _play(self) -> None:
        if self._app_state.match_factory is None:
            raise CutOutError("The game needs images with masks; pass a folder that has some by --data.")
        self.close()
        self._mode = PlayMode(self._app_state.match_factory, self._app_state.storage, self.notes.append)

    def _close_mode(self) -> None:
        self._clock.stop()
        if isinstance(self._mode, DrawMode):
            self._mode.close()
            self._pasts[self._mode.name].append(self._mode.scene.past)

    def _undo(self, mode: DrawMode, message: Undo | Redo) -> None:
        """Undo or redo the last change of this client; if that was in another image, the page has to open it first."""
        is_redo = isinstance(message, Redo)
        mode.refresh()
        while (change := self._order.next_change(is_redo)) is not None:
            names = [change] if isinstance(change, str) else change.names
            if names and mode.name not in names:
                present = set(self._app_state.images.names())
                if (name := next((name for name in names if name in present), None)) is not None:
                    self.notes.append({"back": {"name": name, "redo": is_redo}})
                    return
            elif not isinstance(change, str):
                self._carry_out(mode, change, is_redo)
                return
            elif mode.scene.can_redo if is_redo else mode.scene.can_undo:
                break
            self._order.forget(change)
        mode.handle(message)
        self._order.move(is_redo)

    def _carry_out(self, mode: DrawMode, change: FolderChange, is_redo: bool) -> None:
        """Undo or redo a change that concerns the open image among others."""
        storage = self._app_state.storage
        note = change.carry_out(self._app_state.images, storage, is_redo)
        self._order.move(is_redo)
        self._app_state.trainer.reload_samples(change.names)
        mode.refresh()
        edited = storage.edited_images()
        self.notes.append({"states": {name: storage.states.of(name, edited) for name in change.names}})
        self.notes.append({"note": note})

    def _note_steps(self) -> None:
        """Remember in which image the newest changes were made."""
        if isinstance(self._mode, DrawMode):
            self._order.did(self._mode.name, self._mode.scene.n_steps - self._n_steps)
            self._n_steps = self._mode.scene.n_steps

    def _note_damage(self) -> None:
        damage = self._app_state.storage.damage
        self.notes += [{"damage": sentence} for sentence in damage[self._damage :]]
        self._damage = len(damage)
