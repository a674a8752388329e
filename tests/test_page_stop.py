"""The page's command ends within two seconds, a backlog of strokes is handled, and a stroke is appended to its file."""

import json
import signal
import subprocess
import sys
import time
from io import FileIO
from pathlib import Path

import pytest
from page_server import SIZE, Served, ask, frame, make_app_state, serve

from cutout_rl.web import storage as storage_module
from cutout_rl.web.edits import Stroke
from cutout_rl.web.objects import ImageRecord
from cutout_rl.web.storage import Storage

N_STROKES = 2000
NAME = "blob0.png"

# The command itself would load an agent, which takes long.
SERVER = """
import socket, sys
from pathlib import Path
from page_server import make_app_state
from cutout_rl.utils.command import run_command
from cutout_rl.web.run_server import run_server
from cutout_rl.web.server import make_app

app_state = make_app_state(Path(sys.argv[1]), images=1)
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
run_command(lambda: run_server(make_app(app_state, "127.0.0.1", None), listener, app_state))
"""


def dot(number: int) -> tuple[int, int]:
    return number % SIZE, number // SIZE


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_server_while_a_client_is_connected(tmp_path: Path, number: int, status: int) -> None:
    app_state = make_app_state(tmp_path, images=1)
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent
    ) as process:
        try:
            assert process.stdout is not None
            served = Served(app_state, int(process.stdout.readline()))
            with served.connect() as client:
                ask(client, do="open", name=NAME, id=1)
                frame(client, 1)
                ask(client, do="watch_prediction", on=True)  # starts the network's process
                ask(client, do="stroke", pen="inside", width=3, points=[(30, 32)], id=2)
                frame(client, 2)
                begin = time.monotonic()
                process.send_signal(number)
                assert process.wait(30) == status
                stopped = time.monotonic()
        finally:
            process.kill()
    subprocess.run([sys.executable, "-c", ""], check=True)  # 20 ms, but seconds on an overloaded machine
    overload = time.monotonic() - stopped
    assert stopped - begin < 2 + 20 * overload
    assert len(app_state.storage.load(NAME, (SIZE, SIZE)).edits) == 1


def test_a_backlog_of_strokes_is_handled_even_if_its_client_goes(tmp_path: Path) -> None:
    app_state = make_app_state(tmp_path, images=1)
    with serve(app_state) as served:
        with served.connect() as client:
            ask(client, do="open", name=NAME, id=N_STROKES)
            for number in range(N_STROKES):
                ask(client, do="stroke", pen="inside", width=2, points=[dot(number)], end=True, id=number)
            assert frame(client, N_STROKES - 1)[0]["strokes"] == N_STROKES
            for number in range(N_STROKES, 2 * N_STROKES):
                ask(client, do="stroke", pen="outside", width=2, points=[dot(number)], end=True, id=number)
        limit = time.monotonic() + 60
        while (n_kept := len(app_state.storage.load(NAME, (SIZE, SIZE)).edits)) < 2 * N_STROKES:
            assert time.monotonic() < limit, n_kept
            time.sleep(0.2)


def append(storage: Storage, stroke: Stroke) -> None:
    def whole() -> ImageRecord:
        return ImageRecord.of([*storage.load("a.png", (9, 9)).edits, stroke])

    storage.append("a.png", (9, 9), 1, stroke, whole)


def test_a_stroke_is_appended_whatever_the_file_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = Storage(tmp_path)
    file = tmp_path / "strokes" / "a.png.json"
    strokes = [Stroke("inside", 3, ((number, 2.5),)) for number in range(5)]
    append(storage, strokes[0])
    inode = file.stat().st_ino
    append(storage, strokes[1])
    assert file.stat().st_ino == inode
    file.write_text(json.dumps(json.loads(file.read_text()), indent=1) + "\n")  # as another program may do
    append(storage, strokes[2])
    storage.save("a.png", (9, 9), ImageRecord.of(strokes[:2]))
    monkeypatch.setattr(storage_module, "write_text", None)  # nothing is written anew
    for stroke in strokes[2:]:
        append(storage, stroke)
    assert storage.load("a.png", (9, 9)).edits == strokes
    assert json.loads(file.read_text())["image"] == "a.png"
    monkeypatch.undo()
    storage.save("a.png", (9, 9), ImageRecord.of([]))
    append(storage, strokes[0])
    assert storage.load("a.png", (9, 9)).edits == strokes[:1]


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = Storage(tmp_path)
    file = tmp_path / "strokes" / "a.png.json"
    append(storage, Stroke("inside", 3, ((1, 2),)))
    before = file.read_bytes()

    class FullDisk(FileIO):
        def write(self, data: bytes) -> int:  # type: ignore[override]
            if self.tell() > len(before):
                raise OSError(28, "No space left on device")
            return super().write(data[:10])

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda path, mode, buffering: FullDisk(path, mode))
        with pytest.raises(OSError, match="No space left") as caught:
            append(storage, Stroke("inside", 3, ((3, 4),)))
    assert caught.value.filename == str(file)
    assert file.read_bytes() == before
