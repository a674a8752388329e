"""One client's connection: reading, working and sending, each at its own pace."""

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from cutout_rl.web.app_state import Desk
from cutout_rl.web.session import Work

MAX_WAITING: Final = 256  # messages; a client that sends more is read no further until they are done
_MAX_NOTES: Final = 32
_LOOK_EVERY: Final = 0.2  # s between two looks at what the network says, while the client is silent

_logger = logging.getLogger(__name__)


class Client:
    """Serves one websocket.

    All waiting messages are done before one mask is cut, and a frame is sent only when the client has acknowledged the
    last one: however slow it is, the next frame it gets is the newest, and so is the next news of the network.
    """

    def __init__(self, websocket: WebSocket, desk: Desk) -> None:
        """Take an accepted websocket."""
        self._websocket = websocket
        self._work = Work(desk)
        self._waiting: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MAX_WAITING)
        self._frame: bytes | None = None
        self._notes: list[dict[str, Any]] = []
        self._news: dict[str, Any] | None = None  # of the network, the newest only
        self._changed = asyncio.Event()
        self._acknowledged = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="page-client")

    async def serve(self) -> None:
        """Serve until the client goes; whatever goes wrong ends this connection alone."""
        tasks = [asyncio.create_task(part()) for part in (self._read, self._do, self._send)]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(outcome, Exception) and not isinstance(outcome, WebSocketDisconnect):
                    _logger.error("a client's connection ended", exc_info=outcome)
                    with suppress(RuntimeError, WebSocketDisconnect):  # it may have gone already
                        await self._websocket.close(1011)
            await asyncio.get_running_loop().run_in_executor(self._thread, self._work.leave)
            self._thread.shutdown(wait=False)

    async def _read(self) -> None:
        while True:
            received = await self._websocket.receive()
            if received["type"] == "websocket.disconnect":
                return
            try:
                message = json.loads(received.get("text") or "")
            except (ValueError, RecursionError):
                message = None
            if not isinstance(message, dict):
                message = {"do": "nothing that is known"}
            if message.get("do") == "seen":
                self._acknowledged.set()
            else:
                await self._waiting.put(message)

    async def _do(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            messages = [] if self._work.assisting else await self._next_messages()
            while not self._waiting.empty():
                messages.append(self._waiting.get_nowait())
            if messages or self._work.assisting:
                self._frame = await loop.run_in_executor(self._thread, self._work_on, messages)
                self._notes = [*self._notes, *self._work.notes][-_MAX_NOTES:]
                self._work.notes.clear()
                self._changed.set()
            if self._work.teaching.has_news:
                self._news = self._work.teaching.news()
                self._changed.set()

    async def _next_messages(self) -> list[dict[str, Any]]:
        """Wait for a message, but not for long."""
        try:
            return [await asyncio.wait_for(self._waiting.get(), _LOOK_EVERY)]
        except asyncio.TimeoutError:
            return []

    def _work_on(self, messages: list[dict[str, Any]]) -> bytes | None:
        for message in messages:
            self._work.apply(message)
        if not messages:
            self._work.assist()
        return self._work.frame()

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
                self._changed.set()  # the news come when the frame has arrived
            elif self._news is not None:
                news, self._news = self._news, None
                await self._websocket.send_text(json.dumps({"network": news}))
