"""The page's server: access control, limits, and independence of the clients."""

import json
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_server import SIZE, Served, ask, frame, make_app_state, serve
from websockets.exceptions import ConnectionClosed, InvalidStatus

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web import server
from cutout_rl.web.image_store import ImageStore
from cutout_rl.web.security import COOKIE
from cutout_rl.web.session import ClientSession


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve(make_app_state(tmp_path_factory.mktemp("server"), images=20)) as server:
        yield server


def stroke(pen: str, *points: tuple[int, int], **more: Any) -> dict[str, Any]:
    return {"do": "stroke", "pen": pen, "width": 3, "points": points, "end": True, **more}


def test_page_and_its_parts_are_served_with_a_strict_policy(served: Served) -> None:
    for path, inside in (("/", b"<canvas"), ("/static/main.js", b"new Link"), ("/about", b"blob0.png")):
        status, body = served.get(path)
        assert status == 200
        assert inside in body
    with urllib.request.urlopen(served.address, timeout=20) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert served.get("/image?name=blob0.png")[1].startswith(b"\x89PNG")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "", "127.0.0.1.evil.example", "[", "0.0.0.0"])
def test_other_names_of_this_machine_are_refused(served: Served, host: str) -> None:
    assert served.get("/", Host=host)[0] in (400, 403)


@pytest.mark.parametrize("path", ["/", "/image?name=blob0.png", "/session"])
def test_a_name_that_was_pointed_here_is_refused(served: Served, path: str) -> None:
    """Send the request of a page after DNS rebinding: the browser takes it for the page's own site."""
    lines = (
        *(f"GET {path} HTTP/1.1", "Host: evil.example", "Origin: http://evil.example"),
        *("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"),
        "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==",
    )
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        assert connection.recv(100).split()[1] == b"403"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://[", "file://"])
def test_other_sites_are_refused(served: Served, origin: str) -> None:
    assert served.post("/upload?name=x.png", b"x", Origin=origin)[0] == 403
    assert served.post("/import?kind=mask&name=blob0.png", b"x", Origin=origin)[0] == 403
    assert served.post("/export?kind=coco", Origin=origin)[0] == 403
    with pytest.raises(InvalidStatus):
        served.connect(origin)


def test_a_websocket_must_state_its_origin(served: Served) -> None:
    with pytest.raises(InvalidStatus):
        served.connect(None)


@pytest.mark.parametrize(
    "path", ["/static/../server.py", "/static/%2e%2e/server.py", "/image?name=../secret", "/image", "/nothing"]
)
def test_nothing_else_is_readable(served: Served, path: str) -> None:
    assert served.get(path)[0] in (400, 404)


def test_uploads_are_answered_in_a_sentence(served: Served) -> None:
    status, body = served.post("/upload?name=a.png", b"no image")
    assert (status, body.count(b"\n")) == (400, 1)
    assert served.post("/export?kind=nonsense")[0] == 400
    status, body = served.post(f"/import?kind=mask&name=blob0.png&object={'9' * 5000}", b"no mask")
    assert (status, body.count(b"\n")) == (400, 1)
    status, body = served.post("/import?kind=mask&name=blob0.png", b"no mask")
    assert (status, body.count(b"\n")) == (400, 1)


def test_bodies_are_read_no_further_than_they_may_be_long(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_BYTES", 1000)
    for path in ("/upload?name=x.png", "/import?kind=coco"):
        status, body = served.post(path, b"x" * 1001)
        assert status == 413
        assert b"larger than" in body


@pytest.mark.parametrize(
    ("path", "owner", "work"),
    [
        ("/image", server, "_encode_for_display"),
        ("/upload", ImageStore, "add"),
        ("/import?kind=coco", server, "import_annotations"),
        ("/export?kind=coco", server, "export"),
    ],
)
def test_no_more_than_two_do_at_once_what_takes_memory(
    served: Served, monkeypatch: pytest.MonkeyPatch, path: str, owner: object, work: str
) -> None:
    lock = threading.Lock()
    running = most = 0

    def take(*_: object) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.2)
        with lock:
            running -= 1
        raise CutOutError("Enough.")

    monkeypatch.setattr(owner, work, take)
    ask_for = served.get if path == "/image" else served.post
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(ask_for(path)[0])) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert answers == [400] * 6
    assert most == 2


def test_a_token_is_asked_for_and_kept_in_a_cookie(tmp_path: Any) -> None:
    with serve(make_app_state(tmp_path, images=1), token="right") as guarded:
        assert guarded.get("/")[0] == 403
        assert guarded.get("/?token=wrong")[0] == 403
        with socket.create_connection(("127.0.0.1", guarded.port), timeout=20) as connection:
            connection.sendall(f"GET /?token=right HTTP/1.1\r\nHost: 127.0.0.1:{guarded.port}\r\n\r\n".encode())
            answer = connection.recv(4000).decode().lower()
        cookie = f"{COOKIE}_{guarded.port}"  # another server on this host has another one
        assert f"set-cookie: {cookie}=right; httponly" in answer
        assert guarded.get("/about?token=right")[0] == 403
        assert guarded.get("/", Cookie=f"{cookie}=wrong")[0] == 403
        assert guarded.get("/", Cookie=f"{COOKIE}_1=right")[0] == 403
        assert guarded.get("/", Cookie=f"{cookie}=right")[0] == 200
        with pytest.raises(InvalidStatus):
            guarded.connect()
        with guarded.connect(Cookie=f"{cookie}=right") as client:
            ask(client, do="open", name="blob0.png", id=1)
            assert frame(client, 1)[0]["name"] == "blob0.png"


def test_twenty_clients_get_each_their_own_mask(served: Served) -> None:
    failures: list[BaseException] = []

    def draw(number: int) -> None:
        try:
            name = f"blob{number}.png"
            with served.connect() as client:
                ask(client, do="open", name=name, id=1)
                ask(client, **stroke("inside", (28, 32), (36, 32), id=2))
                ask(client, **stroke("outside", (1, 1), (62, 1 + number), id=3))
                facts, mask, labels = frame(client, 3)
                image = served.app_state.images.load(name)
                assert facts["name"] == name
                assert labels[1 + number, 62] == 2
                assert np.array_equal(mask, served.app_state.segmenter.segment(image, labels == 1, labels == 2))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=draw, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    for number in range(20):
        assert len(served.app_state.storage.load(f"blob{number}.png", (SIZE, SIZE)).edits) == 2


def test_a_slow_client_gets_the_newest_mask_and_no_queue(served: Served) -> None:
    with served.connect() as client:
        ask(client, do="open", name="blob0.png", id=1)
        while not isinstance(client.recv(timeout=30), bytes):
            pass  # the list of objects
        for number in range(2, 60):
            ask(client, do="undo", id=number)
            time.sleep(0.001)
        with pytest.raises(TimeoutError):
            client.recv(timeout=1)
        client.send('{"do": "ack"}')
        assert frame(client, 59)[0]["seen"] == 59


def test_one_client_too_many_is_turned_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_CLIENTS", 1)
    # another server, because the shared one may still count clients of earlier tests
    with serve(make_app_state(tmp_path)) as served, served.connect() as client:
        ask(client, do="open", name="blob0.png", id=1)
        frame(client, 1)
        with served.connect() as other, pytest.raises(ConnectionClosed, match="1013"):
            other.recv(timeout=20)
        ask(client, do="undo", id=2)
        assert frame(client, 2)[0]["seen"] == 2


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "1", "null", "[" * 100_000, '{"do":1}', '{"do":"open"}', '{"do":"stroke","points":[[1e999,0]]}'],
)
def test_invalid_messages_get_an_error_and_the_session_continues(served: Served, text: str) -> None:
    with served.connect() as client:
        client.send(text)
        answer = client.recv(timeout=30)
        assert isinstance(answer, str)
        assert "error" in json.loads(answer)
        ask(client, do="open", name="blob1.png", id=9)
        assert frame(client, 9)[0]["name"] == "blob1.png"


def test_bytes_and_floods_of_text_end_one_connection_at_most(served: Served) -> None:
    with served.connect() as other:
        ask(other, do="open", name="blob2.png", id=1)
        frame(other, 1)
        for sent in (b"\0" * 100, "x" * (2 * 2**20)):
            with served.connect() as client, suppress(ConnectionClosed):
                client.send(sent)
        ask(other, do="undo", id=2)
        assert frame(other, 2)[0]["seen"] == 2


def test_a_fault_in_one_clients_work_stops_no_other(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(session: ClientSession) -> None:
        raise RuntimeError("a fault")

    with served.connect() as other:
        ask(other, do="open", name="blob3.png", id=1)
        frame(other, 1)
        monkeypatch.setattr(ClientSession, "assist", fail)
        with served.connect() as client:
            ask(client, do="open", name="blob4.png", id=1)
            ask(client, do="assist", steps=1, id=2)
            with pytest.raises(ConnectionClosed, match="1011"):
                frame(client, 99)
        ask(other, do="undo", id=2)
        assert frame(other, 2)[0]["seen"] == 2


@pytest.mark.parametrize("held", ["storage.lock", "images._lock", "trainer._lock"])
def test_a_lock_that_is_held_long_stops_no_other_request(served: Served, held: str) -> None:
    """Files are written, and imports read, under these locks; whoever needs them has to wait, and nobody else."""
    state = served.app_state
    threads = [
        threading.Thread(target=served.get, args=("/about",)),
        threading.Thread(target=served.post, args=("/strokes?name=blob5.png", b"[]")),
    ]
    with served.connect() as client:
        ask(client, do="open", name="blob5.png", id=1)
        frame(client, 1)
        with attrgetter(held)(state):
            state.trainer.version += 1  # news, which every connection asks the trainer for
            for thread in threads:
                thread.start()
            time.sleep(0.5)
            with urllib.request.urlopen(f"{served.address}/static/main.js", timeout=5) as answer:
                assert answer.status == 200
        for thread in threads:
            thread.join(20)
