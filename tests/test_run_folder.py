"""The folder of a run: what a new run may use, one training at a time, and what a resumption records."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from command_line import TINY_GAME, TINY_PRIOR, TINY_RUN, Run, assert_one_sentence, make_folder, refusal_of, rows

from cutout_rl.runs.run_folder import RunFolder, best_finals
from cutout_rl.utils.file_lock import LockHeldError, file_lock

ENDLESS = (*TINY_RUN, "--batch-size", "16", "--total-timesteps", "1000000", "--checkpoint-every", "1000000")


def start_training(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "cutout_rl.train", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(exists: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while not exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert exists(), process.communicate(timeout=60)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_folder_of_others_is_refused_and_every_file_stays(run: Run, tmp_path: Path) -> None:
    for name in ("metrics.csv", "history/2024/notes.txt", "sub/.partial-mine", ".lock"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("mine")
    before = contents(tmp_path)
    outcome = run("train", *TINY_RUN, "--total-timesteps", 16, "--out", tmp_path)
    assert_one_sentence(outcome, str(tmp_path), "not empty", "contains no run", "--out")
    assert contents(tmp_path) == before


def test_foreign_run_json_is_not_overwritten(run: Run, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"mine": true}')
    outcome = run("train", *TINY_RUN, "--total-timesteps", 16, "--out", tmp_path)
    assert_one_sentence(outcome, f"{tmp_path / 'run.json'} is damaged")
    assert contents(tmp_path) == {"run.json": b'{"mine": true}'}


def test_one_process_at_a_time_trains_in_a_folder_and_sigterm_ends_it_like_ctrl_c(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "a run"
    process = start_training(*ENDLESS, "--out", folder)
    try:
        wait_for(lambda: (folder / "metrics.csv").exists(), process)
        record = (folder / "run.json").read_bytes()
        for flags in (("--out", folder, *TINY_RUN, "--seed", 7), ("--resume", folder, "--minutes", 9)):
            assert_one_sentence(run("train", *flags), f"Another process is training in {folder}")
        assert (folder / "run.json").read_bytes() == record
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 143
    assert err == ""
    assert "Traceback" not in out
    assert out.splitlines()[-1] == f"stopped; resume with: python -m cutout_rl.train --resume '{folder}'"
    assert not list(folder.glob(".*"))
    # Although no checkpoint was due, at most the update in progress is lost.
    done = int(float(rows(folder / "metrics.csv")[-1]["timesteps"]))
    assert run("train", "--resume", folder, "--total-timesteps", done + 16).status == 0
    steps = [float(row["timesteps"]) for row in rows(folder / "metrics.csv")]
    assert steps == [16 * (update + 1) for update in range(len(steps))]
    assert len(steps) >= done // 16


def test_killed_process_holds_no_lock(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    hold = (
        "import sys, time; from pathlib import Path; from cutout_rl.utils.file_lock import file_lock\n"
        "with file_lock(Path(sys.argv[1])): print('held', flush=True); time.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", hold, str(lock)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with pytest.raises(LockHeldError), file_lock(lock):
        pass
    process.kill()
    process.wait()
    assert lock.exists()
    with file_lock(lock):
        assert lock.exists()
    assert not lock.exists()


def test_default_folders_do_not_collide(tmp_path: Path) -> None:
    folders = [RunFolder.create_numbered(tmp_path / "runs" / "one").path for _ in range(3)]
    assert [folder.name for folder in folders] == ["one", "one-2", "one-3"]
    assert all(folder.is_dir() for folder in folders)


def test_two_runs_of_one_second_have_two_default_folders(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(RunFolder, "create_numbered", classmethod(with_taken_name))
    flags = (*TINY_GAME, *TINY_PRIOR, "--n-envs", 1, "--n-steps", 8, "--eval-images", 1, "--test-images", 0)
    assert run("train", *flags, "--algo", "a2c", "--total-timesteps", 8).status == 0
    names = sorted(folder.name for folder in (tmp_path / "runs").iterdir())
    assert names[1] == f"{names[0]}-2"
    assert (tmp_path / "runs" / names[1] / "last.safetensors").exists()


create_numbered = RunFolder.create_numbered


def with_taken_name(kind: type[RunFolder], path: Path) -> RunFolder:
    path.mkdir(parents=True)
    return create_numbered(path)


@pytest.mark.parametrize(
    "flags",
    [
        ("--data", "no/such/folder"),
        ("--init", "no/such/run"),
        ("--prior-from", "no/such/run"),
        ("--algo", "bc", "--demonstrations", "no/such/folder"),
    ],
)
def test_run_that_cannot_begin_leaves_no_folder(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    rest = TINY_RUN if "bc" not in flags else TINY_GAME
    assert_one_sentence(run("train", *rest, *flags, "--out", "run"), flags[-1])
    assert_one_sentence(run("train", *rest, *flags), flags[-1])
    assert not [path for path in tmp_path.rglob("*") if path != tmp_path / "runs"]


def test_log_of_a_study_is_no_obstacle_and_stays(run: Run, tmp_path: Path) -> None:
    (tmp_path / "training.log").write_text("log")
    assert_one_sentence(run("train", *TINY_RUN, "--data", "no/such/folder", "--out", tmp_path), "no/such/folder")
    assert contents(tmp_path) == {"training.log": b"log"}
    flags = (*TINY_RUN, "--batch-size", 16, "--total-timesteps", 16)
    assert run("train", *flags, "--out", tmp_path).status == 0


def test_resumption_records_what_it_changes(run: Run, own_run: Path) -> None:
    first = json.loads((own_run / "run.json").read_text())
    assert run("train", "--resume", own_run, "--total-timesteps", 96, "--test-images", 2).status == 0
    record = json.loads((own_run / "run.json").read_text())
    assert record["config"] == first["config"] | {"total_timesteps": 96}
    assert record["command"] == first["command"]
    (resumption,) = record["resumptions"]
    assert resumption["changed"] == {"total_timesteps": 96}
    assert {"command", "started"} < resumption.keys()


def test_stopped_resumption_continues_to_the_new_total(run: Run, own_run: Path) -> None:
    process = start_training("--resume", own_run, "--total-timesteps", 1_000_000)
    try:
        wait_for(lambda: len(rows(own_run / "metrics.csv")) > 6, process)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    finally:
        process.kill()
    before = len(rows(own_run / "metrics.csv"))
    # The total is the new one, so the run does not end at once.
    assert run("train", "--resume", own_run, "--minutes", 0.001).status == 0
    assert json.loads((own_run / "run.json").read_text())["config"]["total_timesteps"] == 1_000_000
    process = start_training("--resume", own_run, "--minutes", 60)
    try:
        wait_for(lambda: len(rows(own_run / "metrics.csv")) > before, process)
    finally:
        process.kill()
        process.communicate()


def test_refused_resumption_changes_no_record(run: Run, tmp_path: Path) -> None:
    data, folder = make_folder(tmp_path / "data"), tmp_path / "run"
    flags = ("--data", data, *TINY_RUN, "--batch-size", 16, "--total-timesteps", 16)
    assert run("train", *flags, "--out", folder).status == 0
    before = (folder / "run.json").read_bytes()
    (folder / "last.safetensors").write_bytes(b"damaged")
    assert_one_sentence(run("train", "--resume", folder, "--total-timesteps", 32), "damaged")
    assert (folder / "run.json").read_bytes() == before


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without GPU")
def test_run_of_a_gpu_resumes_on_the_cpu(run: Run, own_run: Path) -> None:
    record = json.loads((own_run / "run.json").read_text())
    record["config"]["device"] = "cuda"
    (own_run / "run.json").write_text(json.dumps(record))
    assert_one_sentence(run("train", "--resume", own_run), "device is cuda", "--device cpu")
    assert run("train", "--resume", own_run, "--device", "cpu", "--total-timesteps", 80).status == 0
    assert json.loads((own_run / "run.json").read_text())["config"]["device"] == "cpu"
    assert run("train", "--resume", own_run, "--total-timesteps", 96).status == 0


def test_read_only_parent_is_refused_in_a_sentence(run: Run, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("nothing is read-only for this user")
    tmp_path.chmod(0o500)
    assert_one_sentence(run("train", *TINY_RUN, "--out", tmp_path / "run"), "Cannot use")


def test_used_folder_is_named_with_the_command_that_resumes_it(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "a run")
    folder.create({"algo": "ppo"})
    (folder.path / "metrics.csv").touch()
    assert f"--resume '{folder.path}'" in refusal_of(lambda: folder.create({"algo": "ppo"}))


def test_a_validation_counts_in_its_better_mode_of_play_whatever_the_modes() -> None:
    steps = {"timesteps": [8.0, 16.0]}
    modes = {"greedy_final": [0.5, 0.2], "sampled_final": [0.4, 0.3], "greedy_best": [0.9, 0.9]}
    assert best_finals(steps | modes) == [0.5, 0.3]
    assert best_finals(steps | {"planner_final": [0.5, 0.6], "planner_best": [0.9, 0.9]}) == [0.5, 0.6]
    assert best_finals({}) == []
