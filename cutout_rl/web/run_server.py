"""The page's server process: it ends within two seconds of SIGINT or SIGTERM."""

import asyncio
import os
import socket
from threading import Timer
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from cutout_rl.utils.command import TERMINATED
from cutout_rl.web.app_state import AppState
from cutout_rl.web.server import MAX_MESSAGE

_GRACE: Final = 1  # s for requests and for the network's process
_LIMIT: Final = 1.6  # s until the process ends, whatever is still running


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, app_state: AppState) -> None:
        super().__init__(config)
        self._app_state = app_state

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Files are replaced or appended to by one step, so that nothing is damaged by the exit.
        last_resort = Timer(_LIMIT, os._exit, [TERMINATED])
        last_resort.daemon = True
        last_resort.start()
        self._app_state.closing.set()
        closing = asyncio.create_task(asyncio.to_thread(self._app_state.trainer.close, float(_GRACE)))
        await super().shutdown(sockets)
        await closing


def run_server(app: ASGIApp, listener: socket.socket, app_state: AppState) -> None:
    """Serve until interrupted; then close the connections, which saves unfinished strokes, and the trainer."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        ws_max_size=MAX_MESSAGE,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=_GRACE,
    )
    app_state.trainer.resume()
    try:
        _Server(config, app_state).run([listener])
    finally:
        app_state.trainer.close()
