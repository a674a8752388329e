"""The click benchmark: where the user clicks, what is counted, and the command for real."""

import json
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import make_folder, rows
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from cutout_rl.data import Sample
from cutout_rl.experiments.clicks.__main__ import main
from cutout_rl.experiments.clicks.click_methods import AgentMethod, find_method
from cutout_rl.experiments.clicks.clicking import Clicked, click_on
from cutout_rl.experiments.clicks.noc import ClickRow, clicks_to_reach, curves_by_method, summarise
from cutout_rl.experiments.records import read_rows
from cutout_rl.experiments.simulated_users.clicks import Click, next_click
from cutout_rl.experiments.simulated_users.regions import Mask
from cutout_rl.game.config import GameConfig
from cutout_rl.game.game import Game
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.assistant import Assistant

DOCS = Path(__file__).parents[1] / "docs"
MASKS = arrays(np.bool_, (9, 7))

Clicks = Callable[..., None]


@pytest.fixture
def clicks(monkeypatch: pytest.MonkeyPatch) -> Clicks:
    """Run the command in this process; errors are raised as exceptions."""

    def run(*flags: object) -> None:
        monkeypatch.setattr(sys, "argv", ["clicks", *map(str, flags)])
        main()

    return run


def make_sample(mask: Mask, void: Mask) -> Sample:
    return Sample(np.zeros((*mask.shape, 3), np.uint8), mask & ~void, void, "sample")


def depth(error: Mask) -> np.ndarray:
    """The distance to what is not of the error, outside of the image included, by SciPy."""
    return np.asarray(ndimage.distance_transform_edt(np.pad(error, 1)))[1:-1, 1:-1]


@given(MASKS, MASKS, MASKS, st.lists(st.tuples(st.integers(0, 8), st.integers(0, 6)), max_size=5))
def test_clicks_go_where_an_error_is_deepest(truth: Mask, mask: Mask, void: Mask, made: list[tuple[int, int]]) -> None:
    sample = make_sample(truth, void)
    missed, included = (sample.mask & ~mask & ~void), (~sample.mask & mask & ~void)
    free = np.ones(mask.shape)
    for row, column in made:
        free[row, column] = 0
    depths = {True: depth(missed) * free, False: depth(included) * free}
    click = next_click(mask, sample, [Click(row, column, True) for row, column in made])
    if click is None:
        assert not max(found.max() for found in depths.values())
        return
    assert (missed if click.inside else included)[click.row, click.column]
    assert depths[click.inside][click.row, click.column] == pytest.approx(max(d.max() for d in depths.values()))


def test_the_first_click_is_inside_and_a_perfect_mask_gets_no_second() -> None:
    truth = np.zeros((20, 20), np.bool_)
    truth[4:15, 3:10] = True
    sample = make_sample(truth, np.zeros_like(truth))
    made = []

    def knows(image: np.ndarray) -> Clicked:
        def clicked(click: Click) -> Mask:
            made.append(click)
            return truth

        return clicked

    played = click_on(knows, sample, 5)
    assert made == [Click(9, 6, True)] or (made[0].inside and truth[made[0].row, made[0].column])
    assert len(made) == 1
    assert played.ious == [1.0] * 5
    assert played.seconds[0] > 0
    assert played.seconds[1:] == [0.0] * 4


def test_a_method_that_returns_no_mask_is_an_error() -> None:
    sample = make_sample(np.ones((6, 6), np.bool_), np.zeros((6, 6), np.bool_))
    with pytest.raises(CutOutError, match=r"no mask of sample; it must return a bool array of shape \(6, 6\)"):
        click_on(lambda image: lambda click: image[..., 0], sample, 1)


def test_a_miss_counts_all_the_clicks() -> None:
    ious = np.array([[0.1, 0.85, 0.8, 0.95], [0.2, 0.3, 0.4, 0.5]])
    taken, missed = clicks_to_reach(ious, 0.85)
    assert taken.tolist() == [2, 4]
    assert missed.tolist() == [False, True]


@pytest.mark.parametrize(
    "name", ["graphcut", "grabcut", "random-walker", "watershed", "textbook", "bc-faces", "random"]
)
def test_every_method_takes_clicks_from_the_first(name: str) -> None:
    rng = np.random.default_rng(0)
    truth = np.zeros((60, 60), np.bool_)
    truth[15:45, 20:50] = True
    image = np.where(truth[..., None], (200, 60, 40), (40, 90, 160)) + rng.integers(-20, 20, (60, 60, 3))
    sample = Sample(image.astype(np.uint8), truth, np.zeros_like(truth), "square")
    method, made = find_method(name), []

    def watched(image: np.ndarray) -> Clicked:
        take = method(image)

        def clicked(click: Click) -> Mask:
            made.append(click)
            mask = take(click)
            for row, column, inside in made:  # whatever an agent draws, a click is kept to
                assert mask[row, column] == inside
            return mask

        return clicked

    played = click_on(watched, sample, 6)
    assert len(made) == 6 or played.ious[-1] == 1
    assert played.ious == click_on(find_method(name), sample, 6).ious


class GoesEast:
    """An agent that moves its inside pen east."""

    label = "goes east"
    sees_truth = False

    def act(self, observations: np.ndarray, games: Sequence[Game]) -> np.ndarray:
        return np.full(len(games), 2)


def test_a_click_takes_back_what_an_agent_drew_near_it_by_the_other_pen() -> None:
    image = np.full((128, 128, 3), 90, np.uint8)
    assistant = Assistant(GoesEast(), GameConfig(step_len=10, step_count=6))
    clicked = AgentMethod(assistant)(image)
    assert clicked(Click(64, 20, True))[64, 20:80].all()
    assert clicked(Click(64 + 15, 42, True))[64, 20:80].all()  # of the same pen
    far = clicked(Click(64 - 17, 42, False))  # more than an eighth of 128 px away
    assert far[64, 20:80].all()
    assert not far[64 - 17, 42]
    near = clicked(Click(64 - 3, 75, False))
    assert near[64, 20:50].all()  # of strokes that end more than an eighth away
    assert not near[64, 72:80].any()  # what was drawn there, and would be inside for good, is gone


def test_players_that_see_the_truth_or_do_not_exist_are_refused() -> None:
    with pytest.raises(CutOutError, match="uses the ground truth"):
        find_method("tracing-expert")
    with pytest.raises(CutOutError, match="did you mean 'graphcut'"):
        find_method("grapcut")
    with pytest.raises(CutOutError, match="cannot be imported"):
        find_method("no_such_module:method")


def test_the_command_resumes_where_it_stopped(
    clicks: Clicks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(DOCS))
    data, out = make_folder(tmp_path / "data"), tmp_path / "out"
    rest = ("--data", data, "--size", 48, "--clicks", 4, "--splits", "val", "test", "--out", out)
    clicks("--players", "graphcut", *rest)
    before = (out / "clicks.csv").read_text()
    clicks("--players", "graphcut", "own_clicks:within_reach", *rest)
    assert (out / "clicks.csv").read_text().startswith(before)  # seconds too: nothing was played again
    assert len(rows(out / "clicks.csv")) == 2 * 4 * 4
    curves = curves_by_method(read_rows(out / "clicks.csv", ClickRow))
    assert json.loads((out / "summary.json").read_text()) == summarise(curves)
    for row in summarise(curves):
        assert row["images"] == 4
        assert 1 <= row["noc@80"] <= row["noc@90"] <= 4
    printed = capsys.readouterr().out
    assert "NoC@90" in printed
    assert "(val 0-1, test 0-1)" in " ".join(printed.split())  # the title may be wrapped
    assert "own_clicks:within_reach" in printed
    with pytest.raises(CutOutError, match="holds results with --"):
        clicks("--players", "graphcut", *rest, "--clicks", 5)
    (out / "clicks.csv").write_text("method,image\na,b\n")
    with pytest.raises(CutOutError, match="is damaged"):
        clicks("--players", "graphcut", *rest)


def test_the_page_of_the_docs_shows_the_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    _, method, prior = (part.partition("```")[0] for part in (DOCS / "clicks.md").read_text().split("```python\n"))
    names: dict[str, Any] = {}
    exec("import cv2\nimport numpy as np\n" + method + prior, names)  # of our own docs
    monkeypatch.syspath_prepend(str(DOCS))
    from_file = import_module("own_clicks")
    labels = np.zeros((30, 40), np.uint8)
    for number, at in ((1, (3, 30)), (2, (10, 22))):
        labels[at] = number
        told = (np.zeros((30, 40, 3), np.uint8), labels, labels > 3)
        np.testing.assert_array_equal(names["nearer_inside"](*told), from_file.nearer_inside(*told))
    image = np.zeros((30, 40, 3), np.uint8)
    from_docs, from_file = names["within_reach"](image), find_method_in_docs()(image)
    for click in (Click(3, 30, True), Click(10, 22, True), Click(5, 28, False)):
        np.testing.assert_array_equal(from_docs(click), from_file(click))


def find_method_in_docs() -> Callable[[np.ndarray], Clicked]:
    sys.path.insert(0, str(DOCS))
    try:
        return find_method("own_clicks:within_reach")
    finally:
        sys.path.remove(str(DOCS))
