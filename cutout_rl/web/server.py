"""The web server of the page."""

import asyncio
from io import BytesIO
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.app_state import Desk
from cutout_rl.web.connection import Client
from cutout_rl.web.export import KINDS, export
from cutout_rl.web.image_store import MAX_BYTES
from cutout_rl.web.imports import IMPORT_KINDS, import_annotations
from cutout_rl.web.security import Gate

STATIC: Final = Path(__file__).parent / "static"
SHOWN_SIZE: Final = 2048  # px of the longer side that an image is shown at
LOSSLESS_BYTES: Final = 2**21  # of pixels; larger images are shown as JPEG
MAX_CLIENTS: Final = 64
MAX_MESSAGE: Final = 2**20  # bytes of a websocket message


def make_app(desk: Desk, host: str, token: str | None) -> ASGIApp:
    """Put the page together, behind its gate.

    Args:
        desk: what clients share.
        host: what the server will be bound to.
        token: what clients must know, None where loopback alone is served.
    """
    app = Starlette(
        routes=[
            Route("/", _page),
            Route("/about", _about),
            Route("/image", _image),
            Route("/guess", _guess),
            Route("/upload", _upload, methods=["POST"]),
            Route("/import", _import, methods=["POST"]),
            Route("/export", _export, methods=["POST"]),
            WebSocketRoute("/work", _serve_client),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        exception_handlers={CutOutError: _say},
    )
    app.state.desk = desk
    app.state.clients = 0
    app.state.heavy = asyncio.Semaphore(2)  # decoding and exporting take much memory
    return Gate(app, host, token)


async def _page(request: Request) -> Response:
    return FileResponse(STATIC / "index.html")


async def _about(request: Request) -> Response:
    """Tell what the page needs to know before it opens an image."""
    desk: Desk = request.app.state.desk
    scores = await asyncio.to_thread(desk.keeping.scores)
    touched = await asyncio.to_thread(desk.keeping.touched)
    rules = None
    if desk.arena is not None:
        game = desk.arena.game_config
        rules = {"step_count": game.step_count, "step_len": game.step_len, "data": game.data}
    return JSONResponse(
        {
            "images": [{"name": name, "touched": name in touched} for name in desk.album.names()],
            "agent": desk.assistant.label,
            "game": rules,
            "scores": scores[-20:],
            "exports": list(KINDS),
            "imports": list(IMPORT_KINDS),
        }
    )


async def _image(request: Request) -> Response:
    """Give an image of the album to look at."""
    async with request.app.state.heavy:
        return await asyncio.to_thread(_shown, request.app.state.desk, request.query_params.get("name", ""))


def _shown(desk: Desk, name: str) -> Response:
    image = desk.album.image(name)
    own_size = f"{image.shape[0]},{image.shape[1]}"
    scale = SHOWN_SIZE / max(image.shape[:2])
    if scale < 1:
        size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    kind = "png" if image.size <= LOSSLESS_BYTES else "jpeg"
    buffer = BytesIO()
    Image.fromarray(image).save(buffer, kind, quality=92, compress_level=1)
    return Response(buffer.getvalue(), media_type=f"image/{kind}", headers={"Image-Size": own_size})


async def _guess(request: Request) -> Response:
    """Give the network's newest guess of an image that somebody looks at, as a small grey PNG; nothing without one."""
    guess = request.app.state.desk.learner.guess(request.query_params.get("name", ""))
    if guess is None:
        return Response(status_code=204)  # no fault: who looked has just gone on to another image
    buffer = BytesIO()
    Image.fromarray(guess[1]).save(buffer, "png", compress_level=1)
    return Response(buffer.getvalue(), media_type="image/png")


async def _upload(request: Request) -> Response:
    """Take an image."""
    data = await _body(request)
    album = request.app.state.desk.album
    async with request.app.state.heavy:
        name = await asyncio.to_thread(album.add, request.query_params.get("name", ""), data)
    return JSONResponse({"name": name})


async def _import(request: Request) -> Response:
    """Take what another tool wrote about images."""
    kind, name = request.query_params.get("kind", ""), request.query_params.get("name", "")
    data = await _body(request)
    async with request.app.state.heavy:
        names = await asyncio.to_thread(import_annotations, request.app.state.desk, kind, name, data)
    request.app.state.desk.learner.teach_kept(names)
    return JSONResponse({"images": names})


async def _body(request: Request) -> bytes:
    """Read what is sent, no further than it may be long."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BYTES:
            raise HTTPException(413, f"The upload is larger than {MAX_BYTES >> 20} MiB; make it smaller.")
    return bytes(data)


async def _export(request: Request) -> Response:
    """Write what was cut in one of the formats, and give it."""
    kind, name = request.query_params.get("kind", ""), request.query_params.get("name")
    async with request.app.state.heavy:
        path = await asyncio.to_thread(export, request.app.state.desk, kind, name)
    return FileResponse(path, filename=path.name)


async def _say(request: Request, error: Exception) -> Response:
    return PlainTextResponse(f"{error}\n", 400)


async def _serve_client(websocket: WebSocket) -> None:
    state = websocket.app.state
    await websocket.accept()
    if state.clients >= MAX_CLIENTS:
        await websocket.close(1013)
        return
    state.clients += 1
    try:
        await Client(websocket, state.desk).serve()
    finally:
        state.clients -= 1
