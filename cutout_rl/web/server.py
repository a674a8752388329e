"""The web server of the page."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from PIL import Image
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute, request_response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.app_state import AppState
from cutout_rl.web.carried_strokes import carry_strokes
from cutout_rl.web.classes import decode_classes
from cutout_rl.web.connection import Connection
from cutout_rl.web.export import EXPORT_KINDS, export
from cutout_rl.web.finishing import Finishing
from cutout_rl.web.folder_changes import ClassChange, Mark
from cutout_rl.web.image_store import MAX_BYTES
from cutout_rl.web.imports import IMPORT_KINDS, import_annotations
from cutout_rl.web.kept_edits import save_kept_edits
from cutout_rl.web.objects import MAX_NUMBER
from cutout_rl.web.play_mode import SHOWN_SCORES
from cutout_rl.web.security import AccessControl
from cutout_rl.web.storage import access_failure
from cutout_rl.web.thumbnails import Thumbnails

STATIC: Final = Path(__file__).parent / "static"
DISPLAY_SIZE: Final = 2048  # px, the longer side of an image in the browser
LOSSLESS_BYTES: Final = 2**21  # of pixels; larger images are sent as JPEG
MAX_CLIENTS: Final = 64
_FINISHING_ENDS: Final = 0.5  # s that the agent has to end its stroke when the server ends
MAX_MESSAGE: Final = 2**20  # bytes of a websocket message


def make_app(app_state: AppState, host: str, token: str | None) -> ASGIApp:
    """Return the page's application, behind access control.

    Args:
        app_state: shared by all clients.
        host: the address that the server will be bound to.
        token: required of every client; None if the server is bound to the loopback interface.
    """
    app = Starlette(
        routes=[
            Route("/", GZipMiddleware(request_response(_page)), methods=["GET"]),
            Route("/about", _about),
            Route("/image", _image),
            Route("/prediction", _prediction),
            Route("/upload", _upload, methods=["POST"]),
            Route("/import", _import, methods=["POST"]),
            Route("/export", _export, methods=["POST"]),
            Route("/strokes", _strokes, methods=["POST"]),
            Route("/carry", _carry, methods=["POST"]),
            Route("/classes", _classes, methods=["POST"]),
            Route("/state", _state, methods=["POST"]),
            Route("/agent", _agent, methods=["POST"]),
            Route("/finishing", _progress),
            Route("/finishing", _finishing, methods=["POST"]),
            Route("/thumbnail", _thumbnail),
            WebSocketRoute("/session", _serve_client),
            Mount("/static", GZipMiddleware(StaticFiles(directory=STATIC))),
        ],
        exception_handlers={CutOutError: _error, OSError: _cannot_access},
        lifespan=_lifespan,
    )
    app.state.app_state = app_state
    app.state.clients = 0
    app.state.thumbnails = Thumbnails(app_state.images)
    app.state.finishing = Finishing(app_state)
    app.state.memory_limit = asyncio.Semaphore(2)  # decoding and exporting take much memory
    return AccessControl(app, host, token)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    yield
    await asyncio.to_thread(app.state.finishing.close, _FINISHING_ENDS)


async def _page(request: Request) -> Response:
    return FileResponse(STATIC / "index.html")


async def _about(request: Request) -> Response:
    """Return what the page shows before an image is open."""
    # In a thread, because it waits for locks that are held while files are written.
    return JSONResponse(await asyncio.to_thread(_facts, request.app.state.app_state))


def _facts(app_state: AppState) -> dict[str, Any]:
    storage = app_state.storage
    edited = storage.edited_images()
    rules = None
    if app_state.match_factory is not None:
        config = app_state.match_factory.game_config
        rules = {"step_count": config.step_count, "step_len": config.step_len, "data": config.data}
    return {
        "folder": storage.identity,
        "images": [
            {"name": name, "state": storage.states.of(name, edited), "estimate": storage.estimates.of(name)}
            for name in app_state.images.names()
        ],
        "agent": app_state.agents.current.name,
        "agents": app_state.agents.listed,
        "game": rules,
        "scores": storage.scores()[-SHOWN_SCORES:],
        "exports": list(EXPORT_KINDS),
        "imports": list(IMPORT_KINDS),
        "damage": storage.damage,
    }


async def _image(request: Request) -> Response:
    """Return an image for display."""
    async with request.app.state.memory_limit:
        return await asyncio.to_thread(
            _encode_for_display, request.app.state.app_state, request.query_params.get("name", "")
        )


def _encode_for_display(app_state: AppState, name: str) -> Response:
    image = app_state.images.load(name)
    own_size = f"{image.shape[0]},{image.shape[1]}"
    scale = DISPLAY_SIZE / max(image.shape[:2])
    if scale < 1:
        size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    kind = "png" if image.size <= LOSSLESS_BYTES else "jpeg"
    buffer = BytesIO()
    Image.fromarray(image).save(buffer, kind, quality=92, compress_level=1)
    return Response(buffer.getvalue(), media_type=f"image/{kind}", headers={"Image-Size": own_size})


async def _prediction(request: Request) -> Response:
    """Return the network's newest prediction of a watched image as a small grey PNG, or status 204 without one."""
    prediction = request.app.state.app_state.trainer.prediction(request.query_params.get("name", ""))
    if prediction is None:
        return Response(status_code=204)  # not an error: the client may have opened another image meanwhile
    buffer = BytesIO()
    Image.fromarray(prediction[1]).save(buffer, "png", compress_level=1)
    return Response(buffer.getvalue(), media_type="image/png")


async def _upload(request: Request) -> Response:
    """Store an uploaded image."""
    data = await _body(request)
    images = request.app.state.app_state.images
    async with request.app.state.memory_limit:
        name = await asyncio.to_thread(images.add, request.query_params.get("name", ""), data)
    return JSONResponse({"name": name})


async def _import(request: Request) -> Response:
    """Import annotations from a file of another tool."""
    kind, name = request.query_params.get("kind", ""), request.query_params.get("name", "")
    number = request.query_params.get("object", "")
    target = int(number) if number.isdecimal() and len(number) <= len(str(MAX_NUMBER)) else None
    data = await _body(request)
    async with request.app.state.memory_limit:
        imported = await asyncio.to_thread(import_annotations, request.app.state.app_state, kind, name, data, target)
    await asyncio.to_thread(request.app.state.app_state.trainer.reload_samples, imported)
    change = request.app.state.app_state.changes.add(imported.change)
    return JSONResponse({"images": imported, "note": imported.note, "change": change})


async def _strokes(request: Request) -> Response:
    """Save strokes and changes of the outline that the browser has kept."""
    name = request.query_params.get("name", "")
    data = await _body(request)
    await asyncio.to_thread(save_kept_edits, request.app.state.app_state, name, data)
    await asyncio.to_thread(request.app.state.app_state.trainer.reload_samples, [name])
    return Response(status_code=204)


async def _carry(request: Request) -> Response:
    """Copy the strokes of another frame to an image, moved as the picture has moved."""
    app_state: AppState = request.app.state.app_state
    name, source = request.query_params.get("name", ""), request.query_params.get("source", "")
    async with request.app.state.memory_limit:
        carried = await asyncio.to_thread(carry_strokes, app_state, source, name)
    await asyncio.to_thread(app_state.trainer.reload_samples, [name])
    return JSONResponse({"note": carried.note, "change": app_state.changes.add(carried.change)})


async def _classes(request: Request) -> Response:
    """Replace the classes of objects."""
    app_state: AppState = request.app.state.app_state
    classes = decode_classes(await _body(request))
    change = await asyncio.to_thread(ClassChange.make, app_state.storage.classes, classes)
    return JSONResponse({"change": None if change.before == change.after else app_state.changes.add(change)})


async def _state(request: Request) -> Response:
    """Mark an image as done or skipped, or remove the mark."""
    app_state: AppState = request.app.state.app_state
    name, state = request.query_params.get("name", ""), request.query_params.get("state", "")
    await asyncio.to_thread(app_state.images.shape, name)  # raises if there is no such image
    mark = await asyncio.to_thread(Mark.make, app_state.storage.states, name, state)
    return JSONResponse({"change": app_state.changes.add(mark)})


async def _agent(request: Request) -> Response:
    """Make another agent the current one."""
    await asyncio.to_thread(request.app.state.app_state.agents.choose, request.query_params.get("name", ""))
    return Response(status_code=204)


async def _progress(request: Request) -> Response:
    """Return how far the agent is with all images."""
    since = request.query_params.get("since", "")
    return JSONResponse(request.app.state.finishing.state(int(since) if since.isdecimal() and len(since) < 10 else 0))


async def _finishing(request: Request) -> Response:
    """Start or stop the agent's work on all untouched images."""
    finishing = request.app.state.finishing
    await asyncio.to_thread(finishing.start if request.query_params.get("do") == "start" else finishing.stop)
    return Response(status_code=204)


async def _thumbnail(request: Request) -> Response:
    """Return a small JPEG of an image."""
    async with request.app.state.memory_limit:
        data = await asyncio.to_thread(request.app.state.thumbnails.of, request.query_params.get("name", ""))
    return Response(data, media_type="image/jpeg")


async def _body(request: Request) -> bytes:
    """Read the body, up to the limit."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BYTES:
            raise HTTPException(413, f"The upload is larger than {MAX_BYTES >> 20} MiB; make it smaller.")
    return bytes(data)


async def _export(request: Request) -> Response:
    """Return an exported file."""
    kind, name = request.query_params.get("kind", ""), request.query_params.get("name")
    async with request.app.state.memory_limit:
        path = await asyncio.to_thread(export, request.app.state.app_state, kind, name)
    return FileResponse(path, filename=path.name)


async def _error(request: Request, error: Exception) -> Response:
    return PlainTextResponse(f"{error}\n", 400)


async def _cannot_access(request: Request, error: Exception) -> Response:
    assert isinstance(error, OSError)
    return PlainTextResponse(f"{access_failure(error)}\n", 500)


async def _serve_client(websocket: WebSocket) -> None:
    state = websocket.app.state
    await websocket.accept()
    if state.clients >= MAX_CLIENTS:
        await websocket.close(1013)
        return
    state.clients += 1
    try:
        await Connection(websocket, state.app_state).serve()
    finally:
        state.clients -= 1
