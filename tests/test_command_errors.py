"""Mistakes and mishaps get one clear sentence and status 2, no traceback, and cost nothing that was learnt."""

import errno
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from command_line import TINY_RUN, Outcome, Run, assert_one_sentence, make_folder, rows
from PIL import Image

from cutout_rl.data.splits import split_of
from cutout_rl.utils.command import run_command


def test_unknown_algorithm_is_refused_with_the_nearest_one(run: Run) -> None:
    assert_one_sentence(run("train", "--algo", "pppo"), "'pppo'", "did you mean 'ppo'", "a2c")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--step-len", 400), ("step_len is 400", "128 pixels")),
        (("--observation-size", 0), ("observation_size is 0",)),
        (("--observation", "overlay"), ("'prior'", "--network nature")),
        (("--observation", "layers"), ("--observation masked", "--prior masks")),
        (("--algo", "planner", "--observation", "overlay"), ("'overlay'", "--observation masked")),
        (("--network", "nature", "--observation-size", 32), ("at least 36",)),
        (("--network", "nature", "--critic", "own"), ("--critic own",)),
        (("--segmenter", "grab-cut"), ("did you mean 'grabcut'",)),
        (("--n-envs", 0), ("n_envs is 0",)),
        (("--data", "no/such/folder"), ("no/such/folder",)),
        (("--image-size", 1000), ("1000 pixels",)),
        (("--batch-size", 1), ("batch_size is 1",)),
        (("--learning-rate", -1), ("learning_rate is -1",)),
        (("--minutes", 0), ("minutes is 0.0", "above 0")),
        (("--seed", -1), ("seed is -1",)),
        (("--test-images", -1), ("test_images is -1",)),
    ],
)
def test_training_that_cannot_be_is_refused_in_a_sentence(
    run: Run, tmp_path: Path, arguments: tuple[object, ...], said: tuple[str, ...]
) -> None:
    outcome = run("train", *arguments, "--total-timesteps", 16, "--out", tmp_path / "run")
    assert_one_sentence(outcome, *said)


def test_corrected_command_may_use_the_same_folder(run: Run, tmp_path: Path) -> None:
    out = ("--out", tmp_path / "run")
    assert_one_sentence(run("train", "--data", tmp_path / "data", *TINY_RUN, *out), "data")
    make_folder(tmp_path / "data")
    flags = ("--data", tmp_path / "data", *TINY_RUN, "--batch-size", 16, "--total-timesteps", 16)
    assert run("train", *flags, *out).status == 0


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--step-len", 5), "--step-len cannot change"),
        (("--algo", "a2c"), "--algo cannot change"),
        (("--seed", 1), "--seed cannot change"),
        (("--out", "elsewhere"), "--out cannot change"),
    ],
)
def test_resumed_run_that_changes_a_setting_is_refused(
    run: Run, ppo_run: Path, flags: tuple[object, ...], said: str
) -> None:
    before = sorted((path.name, path.stat().st_mtime_ns) for path in ppo_run.iterdir())
    assert_one_sentence(run("train", "--resume", ppo_run, *flags), said)
    assert sorted((path.name, path.stat().st_mtime_ns) for path in ppo_run.iterdir()) == before


def test_run_is_not_overwritten(run: Run, ppo_run: Path) -> None:
    before = (ppo_run / "run.json").read_bytes()
    assert_one_sentence(run("train", *TINY_RUN, "--out", ppo_run), "already contains a run", f"--resume {ppo_run}")
    assert (ppo_run / "run.json").read_bytes() == before


@pytest.mark.parametrize(
    "command", [("evaluate",), ("visualize",), ("train", "--resume")], ids=["evaluate", "visualize", "resume"]
)
@pytest.mark.parametrize("where", ["no folder", "empty folder", "a file"])
def test_folder_without_a_run_is_refused(run: Run, tmp_path: Path, command: tuple[str, ...], where: str) -> None:
    path = tmp_path / "run"
    if where == "empty folder":
        path.mkdir()
    elif where == "a file":
        path.touch()
    assert_one_sentence(run(*command, path), str(path), "contains no run")


def damage_numbers(folder: Path) -> None:
    for name in ("best.safetensors", "last.safetensors"):
        (folder / name).write_bytes((folder / name).read_bytes()[:1000])


def flip_a_bit(folder: Path) -> None:
    for name in ("best.safetensors", "last.safetensors"):
        content = bytearray((folder / name).read_bytes())
        content[len(content) // 2] ^= 4
        (folder / name).write_bytes(content)


def damage_record(folder: Path) -> None:
    (folder / "run.json").write_text('{"config": {"algo"')


def damage_config(folder: Path) -> None:
    record = json.loads((folder / "run.json").read_text())
    record["config"]["no_such_setting"] = 1
    (folder / "run.json").write_text(json.dumps(record))


def other_network(folder: Path) -> None:
    record = json.loads((folder / "run.json").read_text())
    record["config"]["stop_action"] = True
    (folder / "run.json").write_text(json.dumps(record))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (damage_numbers, ".safetensors is damaged"),
        (flip_a_bit, ".safetensors is damaged"),
        (damage_record, "run.json is damaged"),
        (damage_config, "written by another version"),
        (other_network, "another network"),
    ],
)
@pytest.mark.parametrize(
    "command", [("evaluate",), ("train", "--total-timesteps", "128", "--resume")], ids=["evaluate", "resume"]
)
def test_damaged_run_is_refused_and_left_alone(
    run: Run, own_run: Path, damage: Callable[[Path], None], said: str, command: tuple[str, ...]
) -> None:
    damage(own_run)
    before = {path.name: path.read_bytes() for path in own_run.iterdir() if path.is_file()}
    assert_one_sentence(run(*command, own_run), said)
    assert {path.name: path.read_bytes() for path in own_run.iterdir() if path.is_file()} == before


def test_checkpoint_of_another_run_is_refused_and_left_alone(run: Run, own_run: Path, tmp_path: Path) -> None:
    flags = (*TINY_RUN, "--batch-size", 16, "--total-timesteps", 16, "--step-count", 6)
    assert run("train", *flags, "--out", tmp_path / "other").status == 0
    # The network is the same, but the games are not; and the best weights alone are not enough to go on from.
    for foreign in (tmp_path / "other" / "last.safetensors", own_run / "best.safetensors"):
        shutil.copy(foreign, own_run / "last.safetensors")
        before = {path.name: path.read_bytes() for path in own_run.iterdir() if path.is_file()}
        outcome = run("train", "--resume", own_run, "--total-timesteps", 128)
        assert_one_sentence(outcome, str(own_run / "last.safetensors"), "settings in run.json", "only weights")
        assert {path.name: path.read_bytes() for path in own_run.iterdir() if path.is_file()} == before


def test_run_whose_images_are_gone_is_not_resumed(run: Run, tmp_path: Path) -> None:
    data, folder = make_folder(tmp_path / "data"), tmp_path / "run"
    flags = ("--data", data, *TINY_RUN, "--batch-size", 16, "--total-timesteps", 16)
    assert run("train", *flags, "--out", folder).status == 0
    for path in sorted(data.glob("*/*.png")):
        if split_of(path.stem) == "train":
            path.rename(path.with_stem(next(new_names(path.stem))))
    before = (folder / "last.safetensors").read_bytes()
    assert_one_sentence(run("train", "--resume", folder, "--total-timesteps", 32), str(data), "have changed")
    assert (folder / "last.safetensors").read_bytes() == before


def new_names(old: str) -> Iterator[str]:
    return (name for name in (f"{old}-{i}" for i in range(1000)) if split_of(name) == "train")


@pytest.mark.parametrize(
    ("module", "flags", "said"),
    [
        ("evaluate", ("--images", 0), "images is 0"),
        ("visualize", ("--episodes", 0), "episodes is 0"),
        ("evaluate", ("--data", "no/such/folder"), "no/such/folder"),
        ("visualize", ("--out", "/dev/null/new"), "Cannot use"),
    ],
)
def test_evaluation_that_cannot_run_is_refused_in_a_sentence(
    run: Run, ppo_run: Path, module: str, flags: tuple[object, ...], said: str
) -> None:
    number = "--episodes" if module == "visualize" else "--images"
    assert_one_sentence(run(module, ppo_run, number, 1, *flags), said)


def test_figures_cannot_be_written_over_a_folder(run: Run, ppo_run: Path, tmp_path: Path) -> None:
    outcome = run("evaluate", ppo_run, "--images", 1, "--json", tmp_path)
    assert_one_sentence(outcome, f"Cannot use {tmp_path}: ", "another path")


@pytest.mark.parametrize("out", ["file", "file/run"])
def test_run_folder_that_cannot_be_made_is_refused(run: Run, tmp_path: Path, out: str) -> None:
    (tmp_path / "file").touch()
    assert_one_sentence(run("train", *TINY_RUN, "--out", tmp_path / out), "Cannot use", str(tmp_path / "file"))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full, the device that is always full")
def test_full_disk_ends_the_run_in_a_sentence_and_keeps_what_was_learnt(run: Run, own_run: Path) -> None:
    (own_run / "metrics.csv").unlink()
    (own_run / "metrics.csv").symlink_to("/dev/full")
    outcome = run("train", "--resume", own_run, "--total-timesteps", 96)
    assert_one_sentence(outcome, f"Cannot write {own_run / 'metrics.csv'}: ", "No space left", "free some space")
    (own_run / "metrics.csv").unlink()
    assert run("train", "--resume", own_run).status == 0
    assert [float(row["timesteps"]) for row in rows(own_run / "metrics.csv")] == [80, 96]


def test_full_disk_at_a_checkpoint_keeps_the_old_one_to_go_on_from(run: Run, own_run: Path) -> None:
    # A limit on the size of files stands for the full disk: both fail in the middle of writing.
    resource = pytest.importorskip("resource")
    checkpoint = own_run / "last.safetensors"
    before = checkpoint.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, hard))
    try:
        outcome = run("train", "--resume", own_run, "--total-timesteps", 96)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert_one_sentence(outcome, f"Cannot write {checkpoint}: ", "free some space")
    assert checkpoint.read_bytes() == before
    assert not list(own_run.glob(".*"))
    assert run("train", "--resume", own_run, "--total-timesteps", 96).status == 0
    assert [float(row["timesteps"]) for row in rows(own_run / "metrics.csv")] == [16, 32, 48, 64, 80, 96]
    assert [float(row["timesteps"]) for row in rows(own_run / "validation.csv")] == [0, 64, 96]


def test_full_disk_in_a_thread_is_reported_once(capfd: pytest.CaptureFixture[str]) -> None:
    def write() -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "events")

    def main() -> None:  # as TensorBoard's writer does
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        write()

    with pytest.raises(SystemExit) as ended:
        run_command(main)
    assert_one_sentence(Outcome(ended.value.code, *capfd.readouterr()), "Cannot write events", "No space left")


def test_file_that_may_not_be_read_is_not_said_to_be_written(capfd: pytest.CaptureFixture[str]) -> None:
    def main() -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "run.json")

    with pytest.raises(SystemExit) as ended:
        run_command(main)
    outcome = Outcome(ended.value.code, *capfd.readouterr())
    assert_one_sentence(outcome, "Cannot use run.json: Permission denied; change its permissions")


def test_output_that_nobody_reads_any_more_ends_a_command_without_a_word() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "cutout_rl.train", "--help"]
    with os.fdopen(writer, "w") as closed:
        done = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (141, b"")


def test_folder_with_a_bad_pair_is_refused_or_trained_on_without_it(
    run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = make_folder(tmp_path / "data")
    bad = next(path for path in sorted((data / "masks").iterdir()) if split_of(path.stem) == "train")
    Image.new("L", (39, 40)).save(bad)
    flags = ("--data", data, *TINY_RUN, "--batch-size", 16, "--total-timesteps", 16, "--test-images", 2)
    outcome = run("train", *flags, "--out", tmp_path / "refused")
    assert_one_sentence(outcome, bad.name, "40 x 40", "39 x 40", "--skip-bad")
    done = run("train", *flags, "--skip-bad", "--out", tmp_path / "run")
    assert done.status == 0, done
    (warning,) = caplog.messages
    assert warning.startswith("skipped: ")
    assert bad.name in warning
    table = json.loads((tmp_path / "run" / "table.json").read_text())
    assert {row["images"] for row in table} == {2}
