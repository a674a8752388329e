"""`cutout_rl.play` binds to the loopback interface, and elsewhere requires the token that it prints."""

import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit

import numpy as np
import psutil
from command_line import Run, assert_one_sentence
from PIL import Image


@contextmanager
def command(folder: Path, *flags: str) -> Iterator[subprocess.Popen[str]]:
    """Serve a folder on a free port."""
    words = [sys.executable, "-m", "cutout_rl.play", "--data", str(folder), "--port", "0", *flags]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def address_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return next(line for line in process.stdout if line.startswith("http://")).rstrip()


def bound_to(process: subprocess.Popen[str]) -> set[str]:
    return {item.laddr.ip for item in psutil.Process(process.pid).net_connections() if item.status == "LISTEN"}


def status_of(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def test_a_token_is_asked_for_off_loopback_alone(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save(tmp_path / "a.png")
    with ExitStack() as stack:
        other = ("--host", "0.0.0.0", "--out", str(tmp_path / "other"))
        usual, elsewhere = (stack.enter_context(command(tmp_path, *flags)) for flags in ((), other))
        address = address_of(usual)
        assert urlsplit(address).query == ""
        assert bound_to(usual) == {"127.0.0.1"}
        assert status_of(address) == 200

        split = urlsplit(address_of(elsewhere))
        assert bound_to(elsewhere) == {"0.0.0.0"}
        assert len(parse_qs(split.query)["token"][0]) >= 32
        there = f"http://127.0.0.1:{split.port}"
        assert status_of(f"{there}/") == 403
        assert status_of(f"{there}/image?name=a.png") == 403
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        assert browser.open(f"{there}/?{split.query}", timeout=30).status == 200
        assert browser.open(f"{there}/image?name=a.png", timeout=30).status == 200


def test_what_cannot_be_served_is_said_in_a_sentence(run: Run, tmp_path: Path) -> None:
    assert_one_sentence(run("play", "--data", tmp_path / "none"), "no folder")
    assert_one_sentence(run("play", "--data", tmp_path), "holds no images")
    assert_one_sentence(run("play", "--out", tmp_path, "--port", "70000"), "port is 70000", "0 and 65,535")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        assert_one_sentence(
            run("play", "--out", tmp_path, "--port", port), f"Cannot listen on 127.0.0.1 port {port}", "another --host"
        )


def test_one_server_at_a_time_writes_into_a_folder(run: Run, tmp_path: Path) -> None:
    Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save(tmp_path / "a.png")
    kept = tmp_path / "cutouts"
    with command(tmp_path) as first:
        address = address_of(first)
        assert_one_sentence(run("play", "--data", tmp_path, "--port", "0"), f"Another server uses {kept}")
        assert status_of(address) == 200
        first.kill()
        first.wait()
    assert any(kept.iterdir())  # the lock of the killed server, which is no obstacle
    with command(tmp_path) as next_one:
        assert status_of(address_of(next_one)) == 200
        next_one.terminate()
        next_one.wait()
