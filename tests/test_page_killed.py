"""SIGKILL of the page's server while somebody draws loses the stroke in hand at most."""

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from page_server import SIZE, Served, ask, frame, make_app_state
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from cutout_rl.web.app_state import Desk
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import Stroke
from cutout_rl.web.frame import decode_frame

NAME = "blob0.png"


# Without the command's networks, which take long to load.
SERVER = """
import sys, threading
from pathlib import Path
from page_server import make_app_state, serve

with serve(make_app_state(Path(sys.argv[1]), images=1)) as served:
    print(served.port, flush=True)
    threading.Event().wait()
"""


@contextmanager
def server(desk: Desk) -> Iterator[tuple[Served, subprocess.Popen[str]]]:
    """Serve a desk's folders from a process of its own, and kill it at the end if it lives."""
    command = [sys.executable, "-c", SERVER, str(desk.keeping.folder.parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent) as process:
        try:
            assert process.stdout is not None
            yield Served(desk, int(process.stdout.readline())), process
        finally:
            process.kill()


def random_stroke(rng: random.Random) -> Stroke:
    points = tuple((rng.randrange(SIZE) * 1.0, rng.randrange(SIZE) * 1.0) for _ in range(rng.randrange(1, 9)))
    return Stroke("inside" if rng.random() < 0.5 else "outside", rng.randrange(1, 6), points)


def draw_until_killed(
    served: Served, process: subprocess.Popen[str], rng: random.Random, patient: bool
) -> tuple[list[Stroke], int]:
    """Draw, and give the strokes that were begun and how many were shown, ended, when the server was killed.

    The patient look at the mask of every stroke, and the server is killed while they look at the third one; the others
    draw without end until it is killed at some moment.
    """
    begun: list[Stroke] = []
    ended: dict[int, int] = {}  # number of a message -> strokes ended by then
    shown = 0
    killer = threading.Timer(rng.uniform(0, 1), process.kill)
    with served.connect() as client:
        ask(client, do="open", name=NAME, id=0)
        frame(client, 0)
        try:
            while True:
                stroke = random_stroke(rng)
                begun.append(stroke)
                for place, point in enumerate(stroke.points, start=1):
                    number, end = len(ended) + 1, place == len(stroke.points)
                    ended[number] = len(begun) - (not end)
                    pen = {"pen": stroke.pen, "width": stroke.width}
                    ask(client, do="stroke", points=[point], more=place > 1, end=end, id=number, **pen)
                    shown = max(shown, ended.get(newest(client, number if patient and end else 0), 0))
                if shown and not patient and killer.ident is None:
                    killer.start()
                if shown == 3 and patient:
                    process.kill()
        except ConnectionClosed:
            assert process.wait() == -signal.SIGKILL
            return begun, shown


def newest(client: ClientConnection, awaited: int) -> int:
    """Wait for the frame of a message, or see what there is, and say which message the newest frame knows of."""
    if awaited:
        return int(frame(client, awaited)[0]["seen"])
    try:
        data = client.recv(timeout=0.002)
    except TimeoutError:
        return 0
    if isinstance(data, str):  # news of the network
        return 0
    client.send('{"do": "seen"}')
    return int(decode_frame(data)[0]["seen"])


def test_a_killed_server_has_kept_every_stroke_that_it_showed(tmp_path: Path) -> None:
    desk = make_app_state(tmp_path, images=1)
    rng = random.Random(time.time_ns())
    before: list[object] = []
    for patient in (True, False):
        with server(desk) as (served, process):
            with served.connect() as client:
                ask(client, do="open", name=NAME, id=1)
                facts, mask, labels = frame(client, 1)
            kept = Drawing(desk.album.image(NAME), desk.segmenter, desk.keeping.load_acts(NAME, (SIZE, SIZE)))
            assert facts["strokes"] == len(before) == len(kept.acts)
            assert np.array_equal(labels, kept.labels)
            assert np.array_equal(mask, kept.mask())
            begun, shown = draw_until_killed(served, process, rng, patient)
        kept_acts = desk.keeping.load_acts(NAME, (SIZE, SIZE))
        assert len(before) + shown <= len(kept_acts) <= len(before) + len(begun)
        assert kept_acts == [*before, *begun][: len(kept_acts)]
        before = list(kept_acts)
    make_app_state(tmp_path, images=1)  # what a killed server was writing is cleared away by the next
    assert [file.name for file in (tmp_path / "kept" / "strokes").iterdir()] == [f"{NAME}.json"]
