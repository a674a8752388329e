"""The images that are reported on: never those that chose a setting."""

import json
from pathlib import Path

import pytest
from command_line import Run, assert_one_sentence, make_folder

from cutout_rl.data import PROCEDURAL
from cutout_rl.data.reported_images import RETIRED, name_images, reported_images
from cutout_rl.data.synthetic.procedural_source import LENGTHS
from cutout_rl.evaluation.evaluation import held_out_factory, held_out_images
from cutout_rl.experiments.report.budget import BUDGETS, SPLIT
from cutout_rl.game.config import GameConfig
from cutout_rl.utils.errors import CutOutError


@pytest.mark.parametrize("data", PROCEDURAL)
def test_reports_on_procedural_images_leave_out_those_that_were_tuned_on(data: str) -> None:
    assert reported_images(data, "test", LENGTHS["test"], 200) == range(1000, 1200)
    assert reported_images(data, "test", LENGTHS["test"], 10**6) == range(1000, 10_000)
    assert reported_images(data, "test", LENGTHS["test"], 5, first=0) == range(5)
    assert reported_images(data, "val", LENGTHS["val"], 50) == range(50)


def test_other_images_start_at_the_first() -> None:
    assert reported_images("photographs", "test", 5000, 200) == range(200)
    assert reported_images("grabcut:DIR", "test", 50, 200) == range(50)
    assert reported_images("photographs", "test", 20, 5, first=18) == range(18, 20)
    # A split too short to leave any out.
    assert reported_images("faces", "test", RETIRED, 200) == range(200)
    assert reported_images("faces", "test", RETIRED + 1, 200) == range(RETIRED, RETIRED + 1)


@pytest.mark.parametrize(("n_images", "first"), [(0, None), (-1, 0), (5, -1), (5, 20)])
def test_ranges_without_an_image_are_refused(n_images: int, first: int | None) -> None:
    with pytest.raises(CutOutError):
        reported_images("photographs", "test", 20, n_images, first)


def test_ranges_are_named_by_split_and_ends() -> None:
    assert name_images("test", range(1000, 1200)) == "test 1000-1199"
    assert name_images("val", range(7, 8)) == "val 7"


def test_validation_starts_at_the_first_image() -> None:
    assert held_out_images(held_out_factory(GameConfig(image_size=32), "val"), 3) == range(3)


def test_studies_that_sweep_settings_play_neither_test_images_nor_those_that_selected_the_weights() -> None:
    assert SPLIT == "val"
    assert all(budget.indices()[0] >= 1000 for budget in BUDGETS.values())


def test_evaluate_names_the_images_and_lets_a_reader_choose(run: Run, own_run: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.json"

    def evaluated(*flags: object) -> tuple[str, tuple[str, int, int]]:
        outcome = run("evaluate", own_run, "--no-baselines", "--images", 2, "--json", table, *flags)
        assert outcome.status == 0, outcome
        row = json.loads(table.read_text())[0]
        return " ".join(outcome.out.split()), (row["split"], row["first_image"], row["images"])

    text, images = evaluated()
    assert "2 images (test 1000-1001)" in text
    assert images == ("test", 1000, 2)
    text, images = evaluated("--first", 3)
    assert "2 images (test 3-4)" in text
    assert images == ("test", 3, 2)
    text, images = evaluated("--data", make_folder(tmp_path / "data"))
    assert "(test 0-1)" in text
    assert_one_sentence(run("evaluate", own_run, "--first", 10_000), "first is 10000", "0 to 9999")
