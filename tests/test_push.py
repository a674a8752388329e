"""Uploading to a model hub: the requests of the hub's own client to a server that imitates the hub."""

import base64
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import huggingface_hub
import numpy as np
import pytest
from command_line import Outcome, assert_one_sentence, refusal_of
from numpy.typing import NDArray

from cutout_rl.agents import pretrained
from cutout_rl.agents.push import FILES, card_of, files_of, push
from cutout_rl.evaluation.comparison import load_players
from cutout_rl.evaluation.evaluation import evaluate, held_out_factory
from cutout_rl.runs.algorithms import load_config
from cutout_rl.runs.run_folder import RunFolder

AGENT = Path(pretrained.__path__[0]) / "bc-faces"
TOKEN = "hf_of_the_test"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(ThreadingHTTPServer):
    """A server for the four requests with which a client creates a repository and commits small files.

    Attributes:
        files: committed files, by repository and name.
        made: the requests that created repositories.
        refusal: status and message of the response to all requests, if any.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.files: dict[str, dict[str, bytes]] = {}
        self.made: list[dict[str, Any]] = []
        self.refusal: tuple[int, str] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Request(BaseHTTPRequestHandler):
    server: Hub

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            self._answer(401, {"error": "Invalid credentials"})
        elif self.server.refusal:
            status, sentence = self.server.refusal
            self._answer(status, {"error": sentence})
        elif self.path == "/api/repos/create":
            asked = json.loads(body)
            self.server.made.append(asked)
            repository = f"{asked['organization']}/{asked['name']}"
            is_there = repository in self.server.files
            self.server.files.setdefault(repository, {})
            self._answer(409 if is_there else 200, {"url": f"{self.server.address}/{repository}"})
        elif self.path == "/api/validate-yaml":
            self._answer(200, {"errors": [], "warnings": []})
        elif self.path.endswith("/preupload/main"):
            files = [
                {"path": file["path"], "uploadMode": "regular", "shouldIgnore": False}
                for file in json.loads(body)["files"]
            ]
            self._answer(200, {"files": files})
        elif self.path.endswith("/commit/main"):
            repository = self.path.removeprefix("/api/models/").removesuffix("/commit/main")
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    self.server.files[repository][line["value"]["path"]] = base64.b64decode(line["value"]["content"])
            self._answer(200, {"commitUrl": f"{self.server.address}/{repository}/commit/{COMMIT}", "commitOid": COMMIT})
        else:
            self._answer(404, {"error": f"No such request: {self.path}"})

    def _answer(self, status: int, content: Mapping[str, object]) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Hub]:
    with Hub() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def run_push(home: Path, server: Hub, *arguments: object, token: str | None = TOKEN) -> Outcome:
    """Run the command against the server, without the settings of this machine's user."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    environment |= {"HF_HOME": str(home), "HF_ENDPOINT": server.address} | ({"HF_TOKEN": token} if token else {})
    line = [sys.executable, "-m", "cutout_rl.agents.push", *map(str, arguments)]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=300, check=False)
    return Outcome(done.returncode, done.stdout, done.stderr)


def test_pushed_agent_is_what_was_published_and_plays(server: Hub, tmp_path: Path) -> None:
    done = run_push(tmp_path, server, "bc-faces", "somebody/cutter", "--private")
    assert done.status == 0, done
    assert COMMIT in done.out
    assert server.made == [{"name": "cutter", "organization": "somebody", "visibility": "private"}]
    (files,) = server.files.values()
    assert set(files) == {path.name for path in AGENT.iterdir()}
    assert all(files[name] == (AGENT / name).read_bytes() for name in files if name != "README.md")
    fetched = tmp_path / "cutter"
    fetched.mkdir()
    for name, content in files.items():
        (fetched / name).write_bytes(content)
    here, there = (play_one(folder) for folder in (AGENT, fetched))
    assert here.tolist() == there.tolist()


def play_one(folder: Path) -> NDArray[np.integer]:
    run = RunFolder(folder)
    algorithm, config = load_config(run, "cpu")
    player = load_players(algorithm, config, run, "cpu")[0]
    return evaluate(player, held_out_factory(config.game_config(), "test"), range(1)).actions


def test_card_has_metadata_that_the_hub_reads_and_commands_that_fetch(tmp_path: Path) -> None:
    card = huggingface_hub.ModelCard(card_of(RunFolder(AGENT), "somebody/cutter", "cc-by-4.0"))
    assert card.data.license == "cc-by-4.0"
    assert card.data.library_name == "cutout-rl"
    assert "bc" in card.data.tags
    table = json.loads((AGENT / "table.json").read_text())
    assert [result.metric_value for result in card.data.eval_results] == [
        round(row["final_iou"], 4) for row in table if row["player"] in ("bc, greedy", "bc, sampled")
    ]
    assert "hf download somebody/cutter --local-dir cutter\npython -m cutout_rl.evaluate cutter  " in card.text
    assert "--pretrained" not in card.text
    assert (AGENT / "README.md").read_text().partition("## Training")[2] == card.text.partition("## Training")[2]


@pytest.mark.parametrize("name", ["planner-faces", "any-object"])
def test_agents_with_one_way_to_play_have_their_result(name: str) -> None:
    agent = AGENT.with_name(name)
    (result,) = huggingface_hub.ModelCard(card_of(RunFolder(agent), "somebody/cutter", "cc-by-4.0")).data.eval_results
    table = json.loads((agent / "table.json").read_text())
    assert (result.metric_name, result.metric_value) == ("final IoU", round(table[0]["final_iou"], 4))


@pytest.mark.parametrize("rows", [[], [{}], [{"player": 3}], 7, [{"player": "bc, greedy"}]])
def test_damaged_table_is_refused_in_a_sentence(tmp_path: Path, rows: object) -> None:
    folder = tmp_path / "agent"
    shutil.copytree(AGENT, folder)
    images = {"split": "test", "first_image": 0, "images": 1}
    table = [{**images, **row} for row in rows] if isinstance(rows, list) else rows
    (folder / "table.json").write_text(json.dumps(table))
    assert "table.json is damaged" in refusal_of(lambda: card_of(RunFolder(folder), "somebody/cutter", "cc-by-4.0"))


def test_repository_that_is_there_gets_another_commit(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    api = huggingface_hub.HfApi(server.address)
    for content in (b"one", b"two"):
        push(api, "somebody/cutter", {"table.json": content}, private=False)
    assert server.files == {"somebody/cutter": {"table.json": b"two"}}


def test_without_a_token_nothing_is_sent(server: Hub, tmp_path: Path) -> None:
    assert_one_sentence(run_push(tmp_path, server, "bc-faces", "somebody/cutter", token=None), "no token", "HF_TOKEN")
    assert server.files == {}


def test_hub_that_refuses_or_is_unreachable_is_reported_in_one_sentence(
    server: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "wrong")
    api = huggingface_hub.HfApi(server.address)
    assert "Invalid credentials" in refusal_of(lambda: push(api, "somebody/cutter", {"a": b"a"}, False))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    server.refusal = 403, "You have no write access."
    assert "no write access" in refusal_of(lambda: push(api, "somebody/cutter", {"a": b"a"}, False))
    server.refusal = 500, ""
    assert "500" in refusal_of(lambda: push(api, "somebody/cutter", {"a": b"a"}, False))
    assert server.files == {}
    nobody = huggingface_hub.HfApi("http://127.0.0.1:9")  # the unused port of the "discard" protocol
    assert "cannot be reached at http://127.0.0.1:9" in refusal_of(lambda: push(nobody, "a/b", {"a": b"a"}, False))


def test_what_is_no_published_agent_is_refused(own_run: Path, tmp_path: Path) -> None:
    run = RunFolder(own_run)
    assert "cutout_rl.agents.publish" in refusal_of(lambda: card_of(run, "a/b", "mit"))
    shutil.copytree(AGENT, tmp_path / "agent")
    agent = RunFolder(tmp_path / "agent")
    assert set(files_of(agent)) == set(FILES)
    (agent.path / "curves.png").unlink()
    assert "curves.png is missing" in refusal_of(lambda: files_of(agent))
    (agent.path / "curves.png").touch()
    (agent.path / "best.safetensors").write_bytes(b"no weights")
    assert "damaged" in refusal_of(lambda: files_of(agent))


def test_agent_that_is_not_there_is_refused_with_the_nearest_one(server: Hub, tmp_path: Path) -> None:
    refused = run_push(tmp_path, server, "bc-facse", "somebody/cutter")
    assert_one_sentence(refused, "no run or pretrained agent 'bc-facse'", "did you mean 'bc-faces'")
    assert_one_sentence(run_push(tmp_path, server, "no/such/run", "somebody/cutter"), "no/such/run contains no run")
    assert server.files == {}


@pytest.mark.parametrize("name", ["cutter", "a/b/c", "https://hub/a/b", "a/b--c"])
def test_name_that_is_none_of_the_hubs_is_refused(name: str, server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    api = huggingface_hub.HfApi(server.address)
    assert repr(name) in refusal_of(lambda: push(api, name, {"a": b"a"}, False))
    assert server.files == {}
