"""SIGKILL of the page's server during drawing loses at most the current stroke."""

import random
import signal
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
from page_frames import decode_frame
from page_server import SIZE, Served, ask, frame, make_app_state, serve_in_process
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import Stroke

NAME = "blob0.png"


def random_stroke(rng: random.Random) -> Stroke:
    points = tuple((rng.randrange(SIZE) * 1.0, rng.randrange(SIZE) * 1.0) for _ in range(rng.randrange(1, 9)))
    return Stroke("inside" if rng.random() < 0.5 else "outside", rng.randrange(1, 6), points)


def draw_until_killed(
    served: Served, process: subprocess.Popen[str], rng: random.Random, patient: bool
) -> tuple[list[Stroke], int]:
    """Draw until the server is killed; return the strokes that were begun, and how many finished ones were shown.

    With `patient`, the client waits for the mask of every stroke, and the server is killed after the third one. Without
    it, the client draws without waiting, and the server is killed at a random moment.
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
                    points = {"points": [point], "end": end, "id": number}
                    if place == 1:
                        ask(client, do="stroke", pen=stroke.pen, width=stroke.width, **points)
                    else:
                        ask(client, do="extend", **points)
                    shown = max(shown, ended.get(newest(client, number if patient and end else 0), 0))
                if shown and not patient and killer.ident is None:
                    killer.start()
                if shown == 3 and patient:
                    process.kill()
        except ConnectionClosed:
            assert process.wait() == -signal.SIGKILL
            return begun, shown


def newest(client: ClientConnection, awaited: int) -> int:
    """Return the message number of the newest frame; wait for that of a message unless it is 0."""
    if awaited:
        return int(frame(client, awaited)[0]["seen"])
    try:
        data = client.recv(timeout=0.002)
    except TimeoutError:
        return 0
    if isinstance(data, str):  # state of the network
        return 0
    client.send('{"do": "ack"}')
    return int(decode_frame(data)[0]["seen"])


def test_a_killed_server_has_kept_every_stroke_that_it_showed(tmp_path: Path) -> None:
    app_state = make_app_state(tmp_path, images=1)
    rng = random.Random(time.time_ns())
    before: list[object] = []
    for patient in (True, False):
        with serve_in_process(app_state) as (served, process):
            with served.connect() as client:
                ask(client, do="open", name=NAME, id=1)
                facts, mask, labels = frame(client, 1)
            kept = Drawing(
                app_state.images.load(NAME), app_state.segmenter, app_state.storage.load(NAME, (SIZE, SIZE)).edits
            )
            assert facts["strokes"] == len(before) == len(kept.edits)
            assert np.array_equal(labels, kept.labels)
            assert np.array_equal(mask, kept.mask())
            begun, shown = draw_until_killed(served, process, rng, patient)
        kept_edits = app_state.storage.load(NAME, (SIZE, SIZE)).edits
        assert len(before) + shown <= len(kept_edits) <= len(before) + len(begun)
        assert kept_edits == [*before, *begun][: len(kept_edits)]
        before = list(kept_edits)
    with app_state.storage.hold():  # the next server removes partial files of a killed one
        pass
    assert [file.name for file in (tmp_path / "kept" / "strokes").iterdir()] == [f"{NAME}.json"]
