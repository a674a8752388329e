"""The study of object priors trains, measures, draws, and resumes."""

from pathlib import Path

import pytest
from command_line import Run, assert_one_sentence, rows

TINY = ("--episodes", 4, "--steps", 2, "--images", 2, "--validation-images", 2)


def test_rewards_and_masks_are_compared(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "priors"
    first = run("experiments.priors", *TINY, "--variants", "rewards", "--out", out)
    assert first.status == 0, first
    assert (out / "prior-learns-0.svg").exists()
    kept = (out / "priors.csv").read_text()
    again = run("experiments.priors", *TINY, "--variants", "rewards", "30 masks", "--out", out)
    assert again.status == 0, again
    assert (out / "priors.csv").read_text().startswith(kept)
    written = rows(out / "priors.csv")
    for name in ("rewards", "30 masks"):
        assert [row["player"] for row in written if row["variant"] == name][-4:] == [
            "prior alone",
            "prior and cut",
            "tracing the prior",
            "planner",
        ]
        assert name in again.out
    assert (out / "priors.svg").exists()
    for flag in ("--steps", "--validation-images"):
        assert_one_sentence(run("experiments.priors", *TINY, flag, 3, "--out", out), "--out")


@pytest.mark.slow
def test_the_table_is_of_the_seeds_that_were_asked_for(run: Run, tmp_path: Path) -> None:
    both = (*TINY, "--variants", "rewards", "--out", tmp_path)
    run("experiments.priors", *both, "--seeds", 0, 1)
    one = run("experiments.priors", *both, "--seeds", 1)
    (of_one,) = (row for row in rows(tmp_path / "priors.csv") if (row["seed"], row["player"]) == ("1", "planner"))
    assert "1 seed)" in one.out or "1 seeds" in one.out
    (printed,) = (line for line in one.out.splitlines() if line.split()[:1] == ["planner"])
    assert f"{float(of_one['final_iou']):.3f}" in printed


def test_an_unknown_variant_is_refused(run: Run, tmp_path: Path) -> None:
    assert_one_sentence(run("experiments.priors", "--variants", "hope", "--out", tmp_path), "hope", "rewards")
