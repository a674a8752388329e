"""A small album with truth, a scripted agent, and the page's server over them."""

import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from PIL import Image
from scenes import blob_sample
from websockets.sync.client import ClientConnection, connect

from cutout_rl.agents.baselines.scripted import RandomPens, StillPens
from cutout_rl.game.config import GameConfig
from cutout_rl.segmenters import make_segmenter
from cutout_rl.web.app_state import Desk
from cutout_rl.web.assistant import Assistant
from cutout_rl.web.frame import decode_frame
from cutout_rl.web.image_store import Album
from cutout_rl.web.match import Arena
from cutout_rl.web.online.trainer_client import Learner
from cutout_rl.web.server import MAX_MESSAGE, make_app
from cutout_rl.web.storage import Keeping

SIZE = 64


def make_app_state(root: Path, size: int = SIZE, images: int = 4) -> Desk:
    """Put blobs into `root/data`; what is done to them is kept in `root/kept`."""
    for folder in ("images", "masks"):
        (root / "data" / folder).mkdir(parents=True, exist_ok=True)
    for seed in range(images):
        sample = blob_sample(size, seed)
        Image.fromarray(sample.image).save(root / "data" / "images" / f"{sample.name}.png")
        Image.fromarray(sample.mask.astype(np.uint8) * 255).save(root / "data" / "masks" / f"{sample.name}.png")
    keeping = Keeping(root / "kept")
    game_config = GameConfig(image_size=32, step_len=6, step_count=5)
    album = Album(root / "data", keeping.uploads)
    return Desk(
        album,
        keeping,
        make_segmenter("graphcut"),
        Assistant(RandomPens(), game_config),
        Arena(game_config, (StillPens(),)),
        Learner(album, keeping),
    )


@dataclass(frozen=True)
class Served:
    """A server under test."""

    desk: Desk
    port: int

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        """Ask for something, and give status and body."""
        return self.ask(urllib.request.Request(self.address + path, headers=headers))

    def post(self, path: str, data: bytes = b"", **headers: str) -> tuple[int, bytes]:
        """Send something, and give status and body."""
        return self.ask(urllib.request.Request(self.address + path, data, headers, method="POST"))

    def ask(self, request: urllib.request.Request) -> tuple[int, bytes]:
        """Give status and body of any answer."""
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def connect(self, origin: str | None = "", **headers: str) -> ClientConnection:
        """Open a websocket, by default as the page does."""
        origin = self.address if origin == "" else origin
        return connect(
            f"ws://127.0.0.1:{self.port}/work",
            origin=origin,
            additional_headers=headers,
            max_size=None,
            compression=None,
        )


@contextmanager
def serve(desk: Desk, token: str | None = None) -> Iterator[Served]:
    """Serve a desk on a free port of the loopback interface, in a thread."""
    config = uvicorn.Config(
        make_app(desk, "127.0.0.1", token), port=0, log_level="critical", ws_max_size=MAX_MESSAGE, lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield Served(desk, server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(10)
        desk.learner.close()


def ask(client: ClientConnection, **message: Any) -> None:
    """Send a message."""
    client.send(json.dumps(message))


def frame(
    client: ClientConnection, seen: int, notes: list[dict[str, Any]] | None = None
) -> tuple[dict[str, Any], Any, Any]:
    """Wait for the first frame that knows of a message, acknowledging every one; notes on the way are collected."""
    while True:
        data = client.recv(timeout=30)
        if isinstance(data, str):
            if notes is not None:
                notes.append(json.loads(data))
            continue
        client.send('{"do": "seen"}')
        facts, mask, labels = decode_frame(data)
        if facts["seen"] == seen:
            return facts, mask, labels
