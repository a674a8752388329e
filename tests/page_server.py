"""The page's server with a few images, ground truth and a scripted agent."""

import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from page_frames import decode_frame
from PIL import Image
from scenes import blob_sample
from websockets.sync.client import ClientConnection, connect

from cutout_rl.agents.baselines.scripted import RandomPens, StillPens
from cutout_rl.game.config import GameConfig
from cutout_rl.runs.pretrained import list_pretrained
from cutout_rl.segmenters import make_segmenter
from cutout_rl.web.agents import Agent, Agents, load_agent
from cutout_rl.web.app_state import AppState
from cutout_rl.web.assistant import Assistant
from cutout_rl.web.image_store import ImageStore
from cutout_rl.web.match import MatchFactory
from cutout_rl.web.messages import decode_message
from cutout_rl.web.online.trainer_client import TrainerClient
from cutout_rl.web.server import MAX_MESSAGE, make_app
from cutout_rl.web.session import ClientSession
from cutout_rl.web.storage import Storage

SIZE = 64


def make_app_state(root: Path, size: int = SIZE, images: int = 4, assistant: Assistant | None = None) -> AppState:
    """Write images of blobs into `root/data`, and return a state that stores its files in `root/kept`.

    Args:
        root: the folder.
        size: side of the images.
        images: how many.
        assistant: by default one that moves at random.
    """
    for folder in ("images", "masks"):
        (root / "data" / folder).mkdir(parents=True, exist_ok=True)
    for seed in range(images):
        sample = blob_sample(size, seed)
        Image.fromarray(sample.image).save(root / "data" / "images" / f"{sample.name}.png")
        Image.fromarray(sample.mask.astype(np.uint8) * 255).save(root / "data" / "masks" / f"{sample.name}.png")
    storage = Storage(root / "kept")
    game_config = GameConfig(image_size=32, step_len=6, step_count=5)
    store = ImageStore(root / "data", storage.uploads)
    return AppState(
        store,
        storage,
        Agents(
            Agent("random pens", assistant or Assistant(RandomPens(), game_config), make_segmenter("graphcut")),
            list_pretrained(),
            lambda name: load_agent(name, list_pretrained()[name], "graphcut", prior=True),
        ),
        MatchFactory(game_config, (StillPens(),)),
        TrainerClient(store, storage),
    )


@dataclass(frozen=True)
class Served:
    """A server under test."""

    app_state: AppState
    port: int

    @property
    def address(self) -> str:
        """The address of the page."""
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        """Send a GET request, and return status and body."""
        return self.ask(urllib.request.Request(self.address + path, headers=headers))

    def post(self, path: str, data: bytes = b"", **headers: str) -> tuple[int, bytes]:
        """Send a POST request, and return status and body."""
        return self.ask(urllib.request.Request(self.address + path, data, headers, method="POST"))

    def ask(self, request: urllib.request.Request) -> tuple[int, bytes]:
        """Send a request, and return status and body, of errors too."""
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def connect(self, origin: str | None = "", **headers: str) -> ClientConnection:
        """Open a websocket, by default with the page's own origin."""
        origin = self.address if origin == "" else origin
        return connect(
            f"ws://127.0.0.1:{self.port}/session",
            origin=origin,
            additional_headers=headers,
            max_size=None,
            compression=None,
        )


def send(session: ClientSession, do: str, **fields: Any) -> None:
    """Send a message to a session, as the page does."""
    session.handle(decode_message(json.dumps({"do": do, **fields})))


def open_session(app_state: AppState) -> ClientSession:
    """Return a session of a client that has opened the first image."""
    session = ClientSession(app_state)
    send(session, "open", name="blob0.png")
    return session


@contextmanager
def serve(app_state: AppState, token: str | None = None, port: int = 0) -> Iterator[Served]:
    """Serve the page on a port of the loopback interface, by default a free one, in a thread."""
    config = uvicorn.Config(
        make_app(app_state, "127.0.0.1", token),
        port=port,
        log_level="critical",
        ws_max_size=MAX_MESSAGE,
        lifespan="off",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield Served(app_state, server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(10)
        app_state.trainer.close()


# The command itself would load a network, which takes long.
_SERVER = """
import sys, threading
from pathlib import Path
from page_server import make_app_state, serve

with serve(make_app_state(Path(sys.argv[1]), images=int(sys.argv[3])), port=int(sys.argv[2])) as served:
    print(served.port, flush=True)
    threading.Event().wait()
"""


@contextmanager
def serve_in_process(
    app_state: AppState, port: int = 0, before: Sequence[str] = ()
) -> Iterator[tuple[Served, subprocess.Popen[str]]]:
    """Serve the same folders from another process, and kill it at the end.

    Args:
        app_state: as `make_app_state` returns it.
        port: by default a free one.
        before: words of a command that runs the rest of its command line.
    """
    arguments = [str(app_state.storage.folder.parent), str(port), str(len(app_state.images.names()))]
    command = [*before, sys.executable, "-c", _SERVER, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent) as process:
        try:
            assert process.stdout is not None
            yield Served(app_state, int(process.stdout.readline())), process
        finally:
            process.kill()


def ask(client: ClientConnection, **message: Any) -> None:
    """Send a message."""
    client.send(json.dumps(message))


def frame(
    client: ClientConnection, seen: int, notes: list[dict[str, Any]] | None = None
) -> tuple[dict[str, Any], Any, Any]:
    """Wait for the frame after a message, acknowledge all frames, and collect the notes before it."""
    while True:
        data = client.recv(timeout=30)
        if isinstance(data, str):
            if notes is not None:
                notes.append(json.loads(data))
            continue
        client.send('{"do": "ack"}')
        facts, mask, labels = decode_frame(data)
        if facts["seen"] == seen:
            return facts, mask, labels
