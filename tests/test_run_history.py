"""The folders of successive weights in a run's history."""

from pathlib import Path

from cutout_rl.runs.run_folder import RunFolder


def test_history_is_in_order_of_steps_and_ignores_other_names(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    assert run.history() == {}
    for timesteps in (2_000_000_000_000, 0, 96):
        run.at(timesteps).path.mkdir(parents=True)
    for name in ("96", "000000000032-copy", "1e3", "\N{SUPERSCRIPT TWO}", "1\N{SUPERSCRIPT TWO}", "7" * 200, "notes"):
        (tmp_path / "history" / name).mkdir()
    (tmp_path / "history" / "000000000064").touch()
    assert {steps: folder.path.name for steps, folder in run.history().items()} == {
        0: "000000000000",
        96: "000000000096",
        2_000_000_000_000: "2000000000000",
        int("7" * 200): "7" * 200,
    }
    assert list(run.history()) == sorted(run.history())


def test_other_names_are_never_deleted(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    for name in ("000000000100", "1000-kept"):
        (tmp_path / "history" / name).mkdir(parents=True)
    run.rewind({}, timesteps=50)
    assert [folder.name for folder in (tmp_path / "history").iterdir()] == ["1000-kept"]
