"""One client's websocket: reading, working and sending, each at its own pace."""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.app_state import AppState
from cutout_rl.web.messages import Acknowledge, Assist, Message, decode_message
from cutout_rl.web.session import ClientSession

MAX_WAITING: Final = 2**25  # characters of messages; no more are read until some are handled
_BATCH: Final = 256  # messages between two frames
_MAX_NOTES: Final = 32
_POLL_EVERY: Final = 0.2  # s between two polls of the network's state while the client is silent

_logger = logging.getLogger(__name__)


class Connection:
    """Serves one websocket.

    Up to 256 waiting messages are handled before one mask is cut, and a frame is sent only after the client has
    acknowledged the last one. A slow client therefore receives the newest frame next, and likewise the newest state of
    the network.
    """

    def __init__(self, websocket: WebSocket, app_state: AppState) -> None:
        """Create a session for an accepted websocket."""
        self._websocket = websocket
        self._session = ClientSession(app_state)
        self._waiting: deque[tuple[Message, int]] = deque()  # messages and their lengths
        self._waiting_length = 0
        self._has_messages = asyncio.Event()
        self._has_room = asyncio.Event()
        self._frame: bytes | None = None
        self._notes: list[dict[str, Any]] = []
        self._network: dict[str, Any] | None = None  # the newest state that has not been sent
        self._changed = asyncio.Event()
        self._acknowledged = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="page-client")

    async def serve(self) -> None:
        """Serve until the client disconnects; an exception ends this connection only."""
        tasks = [asyncio.create_task(part()) for part in (self._read, self._work, self._send)]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(outcome, Exception) and not isinstance(outcome, WebSocketDisconnect):
                    _logger.error("a client's connection ended", exc_info=outcome)
                    with suppress(RuntimeError, WebSocketDisconnect):  # it may be closed already
                        await self._websocket.close(1011)
            await asyncio.get_running_loop().run_in_executor(self._thread, self._finish)
            self._thread.shutdown(wait=False)

    async def _read(self) -> None:
        while True:
            received = await self._websocket.receive()
            if received["type"] == "websocket.disconnect":
                return
            text = received.get("text") or ""
            try:
                message = decode_message(text)
            except CutOutError as error:
                self._add_notes([{"error": str(error)}])
                continue
            if isinstance(message, Acknowledge):
                self._acknowledged.set()
            else:
                self._waiting_length += len(text)
                self._waiting.append((message, len(text)))
                self._has_messages.set()
                while self._waiting_length > MAX_WAITING:
                    self._has_room.clear()
                    await self._has_room.wait()

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            if not self._session.is_busy:
                await self._message_or_poll()
            messages: list[Message] = []
            while self._waiting and len(messages) < _BATCH:
                messages.append(self._take())
            if not self._waiting:
                self._has_messages.clear()
            if messages or self._session.is_busy or self._session.is_stale:
                # Shielded, because a cancellation could otherwise drop the messages before the thread has begun.
                self._frame = await asyncio.shield(loop.run_in_executor(self._thread, self._handle, messages))
                self._add_notes(self._session.notes)
                self._session.notes.clear()
            if self._session.trainer_view.has_news:
                # In the thread, because the trainer's lock may be held while files are read.
                self._network = await loop.run_in_executor(self._thread, self._session.trainer_view.news)
                self._changed.set()

    async def _message_or_poll(self) -> None:
        """Wait for a message, at most until the next poll.

        Before Python 3.12 `asyncio.wait_for` swallows a cancellation that comes together with the message.
        """
        arrival = asyncio.create_task(self._has_messages.wait())
        try:
            await asyncio.wait({arrival}, timeout=_POLL_EVERY)
        finally:
            arrival.cancel()

    def _take(self) -> Message:
        message, length = self._waiting.popleft()
        self._waiting_length -= length
        self._has_room.set()
        return message

    def _handle(self, messages: list[Message]) -> bytes | None:
        for message in messages:
            self._session.handle(message)
        if not messages:
            self._session.refresh()
        if not messages and self._session.assisting:
            self._session.assist()
        return self._session.frame()

    def _finish(self) -> None:
        """Handle the strokes that the client sent before it went, and close the session."""
        try:
            while self._waiting:
                message, _ = self._waiting.popleft()
                if not isinstance(message, Assist):
                    self._session.handle(message)
        finally:
            self._session.close()

    def _add_notes(self, notes: Iterable[dict[str, Any]]) -> None:
        self._notes = [*self._notes, *notes][-_MAX_NOTES:]
        self._changed.set()

    async def _send(self) -> None:
        self._acknowledged.set()
        while True:
            await self._changed.wait()
            await self._acknowledged.wait()
            self._changed.clear()
            notes, self._notes = self._notes, []
            for note in notes:
                await self._websocket.send_text(json.dumps(note))
            if self._frame is not None:
                self._acknowledged.clear()
                frame, self._frame = self._frame, None
                await self._websocket.send_bytes(frame)
                self._changed.set()  # the network's state is sent after the frame is acknowledged
            elif self._network is not None:
                network, self._network = self._network, None
                await self._websocket.send_text(json.dumps({"network": network}))
