"""A client's connection ends when the client goes, at whatever moment, and what was sent before is saved."""

import asyncio
import json
from typing import Any, cast

import pytest
from page_server import SIZE, make_app_state
from starlette.websockets import WebSocket

from cutout_rl.web.app_state import AppState
from cutout_rl.web.connection import Connection
from cutout_rl.web.messages import decode_message
from cutout_rl.web.session import ClientSession

NAME = "blob0.png"
MESSAGES = (
    {"do": "open", "name": NAME},
    {"do": "stroke", "pen": "inside", "width": 3, "points": [[30, 32]], "end": True},
)


class Client:
    """A websocket whose client opens an image, draws a stroke, and goes some turns of the event loop later."""

    def __init__(self, turns: int) -> None:
        """Prepare the messages."""
        self._texts = [json.dumps(message) for message in MESSAGES]
        self._turns = turns

    async def receive(self) -> dict[str, Any]:
        """Return the next message."""
        if self._texts:
            return {"type": "websocket.receive", "text": self._texts.pop(0)}
        for _ in range(self._turns):
            await asyncio.sleep(0)
        return {"type": "websocket.disconnect"}

    async def send_text(self, text: str) -> None:
        """Drop a note."""

    async def send_bytes(self, data: bytes) -> None:
        """Drop a frame."""


@pytest.fixture(scope="module")
def app_state(tmp_path_factory: pytest.TempPathFactory) -> AppState:
    app_state = make_app_state(tmp_path_factory.mktemp("connection"), images=1)
    session = ClientSession(app_state)  # compiles what the others use
    for message in MESSAGES:
        session.handle(decode_message(json.dumps(message)))
    session.frame()
    return app_state


@pytest.mark.parametrize("turns", range(8))
def test_a_client_that_goes_at_once_leaves_its_stroke_and_nothing_else(app_state: AppState, turns: int) -> None:
    (app_state.storage.folder / "strokes" / f"{NAME}.json").unlink(missing_ok=True)

    async def serve() -> None:
        connection = Connection(cast(WebSocket, Client(turns)), app_state)
        task = asyncio.create_task(connection.serve())
        _, pending = await asyncio.wait({task}, timeout=20)
        assert not pending

    asyncio.run(serve())
    assert len(app_state.storage.load(NAME, (SIZE, SIZE)).edits) == 1
