"""The published sets of the click benchmark: layouts, void, sizes, bad folders, and clicks on them with a prior."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from command_line import refusal_of
from numpy.typing import NDArray
from PIL import Image
from scenes import blob_sample

from cutout_rl.experiments.clicks import playing
from cutout_rl.experiments.clicks.__main__ import main
from cutout_rl.experiments.clicks.click_methods import find_method
from cutout_rl.experiments.clicks.clicking import Clicked
from cutout_rl.experiments.clicks.cut_method import CutMethod
from cutout_rl.experiments.clicks.literature import published_figures
from cutout_rl.experiments.clicks.noc import ClickRow
from cutout_rl.experiments.clicks.published_sets import SETS, open_published
from cutout_rl.experiments.records import read_rows
from cutout_rl.experiments.simulated_users.clicks import Click
from cutout_rl.segmenters import GraphCutSegmenter, make_segmenter
from cutout_rl.segmenters.prior_cut import PriorCutSegmenter
from cutout_rl.utils.errors import CutOutError

Clicks = Callable[..., None]
DOCS = Path(__file__).parents[1] / "docs"
SUFFIXES = {"GrabCut": ".bmp", "Berkeley": ".png", "DAVIS": ".png", "COCO_MVal": ".png"}


@pytest.fixture
def clicks(monkeypatch: pytest.MonkeyPatch) -> Clicks:
    """Run the command in this process; errors are raised as exceptions."""

    def run(*flags: object) -> None:
        monkeypatch.setattr(sys, "argv", ["clicks", *map(str, flags)])
        main()

    return run


def save(root: Path, name: str, stem: str, image: NDArray[np.uint8], colours: NDArray[np.uint8]) -> None:
    """Save a pair where the set has it."""
    images, masks = (root / name / folder for folder in SETS[name].folders)
    for folder in (images, masks):
        folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(images / f"{stem}.jpg", quality=95)
    Image.fromarray(colours).save(masks / f"{stem}{SUFFIXES[name]}")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every set with three wide images each."""
    root = tmp_path_factory.mktemp("datasets")
    for name in SETS:
        for seed in range(3):
            sample = blob_sample(40, seed)
            image = np.pad(sample.image, ((0, 0), (0, 24), (0, 0)), mode="edge")
            grey = np.where(np.pad(sample.mask, ((0, 0), (0, 24))), 255, 0).astype(np.uint8)
            save(root, name, f"{name.lower()}{seed}", image, grey)
    return root


def test_images_keep_their_size_and_order(published: Path) -> None:
    for found in open_published(published):
        assert found.names == [f"{found.name.lower()}{seed}" for seed in range(3)]
        for index in range(3):
            sample = found.load(index)
            assert sample.image.shape == (40, 64, 3)
            np.testing.assert_array_equal(sample.mask[:, :40], blob_sample(40, index).mask)
            assert not sample.mask[:, 40:].any()
            assert not sample.void.any()
    assert [found.name for found in open_published(published, ["DAVIS", "GrabCut"])] == ["DAVIS", "GrabCut"]


def test_each_set_has_its_own_void(tmp_path: Path) -> None:
    levels = np.zeros((6, 10), np.uint8)
    levels[1], levels[2], levels[3], levels[4] = 64, 128, 200, 255
    coloured = np.zeros((6, 10, 3), np.uint8)
    coloured[1], coloured[2], coloured[4] = (128, 0, 0), (0, 128, 0), (0, 0, 1)
    image = np.zeros((6, 10, 3), np.uint8)
    for name in ("GrabCut", "Berkeley"):
        save(tmp_path, name, "a", image, levels)
        (sample,) = [found.load(0) for found in open_published(tmp_path, [name])]
        assert np.flatnonzero(sample.void.all(axis=1)).tolist() == [2]
        assert np.flatnonzero(sample.mask.all(axis=1)).tolist() == [3, 4]
        assert not sample.mask[:3].any()
    for name in ("DAVIS", "COCO_MVal"):
        save(tmp_path, name, "a", image, coloured)
        (sample,) = [found.load(0) for found in open_published(tmp_path, [name])]
        assert not sample.void.any()
        assert np.flatnonzero(sample.mask.all(axis=1)).tolist() == [1, 2, 4]
        assert sample.mask.sum() == 30


def test_bad_folders_are_one_sentence(tmp_path: Path) -> None:
    assert "has no folder GrabCut, Berkeley, DAVIS, COCO_MVal" in refusal_of(lambda: open_published(tmp_path))
    assert "did you mean 'GrabCut'" in refusal_of(lambda: open_published(tmp_path, ["GrabCat"]))
    assert "There is no folder" in refusal_of(lambda: open_published(tmp_path, ["DAVIS"]))
    (tmp_path / "GrabCut" / "data_GT").mkdir(parents=True)
    assert "boundary_GT" in refusal_of(lambda: open_published(tmp_path))
    (tmp_path / "GrabCut" / "boundary_GT").mkdir()
    assert "contains no images" in refusal_of(lambda: open_published(tmp_path))
    image, mask = np.zeros((4, 6, 3), np.uint8), np.full((4, 6), 255, np.uint8)
    save(tmp_path, "GrabCut", "a", image, mask)
    (tmp_path / "GrabCut" / "boundary_GT" / "a.bmp").rename(tmp_path / "GrabCut" / "boundary_GT" / "b.bmp")
    assert "a.jpg has no mask" in refusal_of(lambda: open_published(tmp_path))
    save(tmp_path, "GrabCut", "a", image, mask.T)
    assert "is 4 x 6 pixels, but its image is 6 x 4" in refusal_of(lambda: open_published(tmp_path)[0].load(0))
    save(tmp_path, "GrabCut", "a", image, mask // 2)
    assert "contains no object" in refusal_of(lambda: open_published(tmp_path)[0].load(0))
    (tmp_path / "GrabCut" / "boundary_GT" / "a.bmp").write_bytes(b"BM")
    assert "a.bmp" in refusal_of(lambda: open_published(tmp_path)[0].load(0))
    save(tmp_path, "GrabCut", "a", image, mask)
    Image.fromarray(image).save(tmp_path / "GrabCut" / "data_GT" / "a.png")
    assert "share one name" in refusal_of(lambda: open_published(tmp_path))


def test_the_command_prints_each_set_beside_the_literature(
    clicks: Clicks, published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clicks("--published", published, "--players", "graphcut", "--clicks", 3, "--images", 2, "--out", tmp_path)
    printed = " ".join(capsys.readouterr().out.split())
    for name, kind in SETS.items():
        assert f"Clicks on 2 of the {kind.published} objects of {name}" in printed
        assert f"Published on {name}" in printed
        for figure in published_figures(name):
            assert f"{figure.noc90} {figure.network}" in printed
        rows = read_rows(tmp_path / name / "clicks.csv", ClickRow)
        assert [row.image for row in rows] == [f"{name.lower()}{seed}" for seed in (0, 2) for _ in range(3)]
        assert (tmp_path / name / "curves.png").exists()
    assert "the results above are not" in printed
    with pytest.raises(CutOutError, match="holds results with --"):
        clicks("--published", published, "--players", "graphcut", "--clicks", 4, "--images", 2, "--out", tmp_path)
    with pytest.raises(CutOutError, match="--published DIR"):
        clicks("--sets", "DAVIS", "--players", "graphcut", "--out", tmp_path / "other")


def test_threads_do_not_change_results_and_an_interruption_loses_nothing(
    clicks: Clicks, published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(DOCS))
    flags = ("--published", published, "--sets", "DAVIS", "--clicks", 5, "--prior", "own_clicks:nearer_inside")
    players = ("--players", "graphcut", "graphcut-prior")
    clicks(*flags, *players, "--threads", 1, "--out", tmp_path / "one")
    whole = playing.click_on

    def interrupted(method: object, sample: object, max_clicks: int) -> object:
        if sample.name == "davis2":  # type: ignore[attr-defined]
            raise KeyboardInterrupt
        return whole(method, sample, max_clicks)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(playing, "click_on", interrupted)
        with pytest.raises(KeyboardInterrupt):
            clicks(*flags, *players, "--threads", 4, "--out", tmp_path / "four")
    kept = read_rows(tmp_path / "four" / "DAVIS" / "clicks.csv", ClickRow)
    assert {row.image for row in kept} == {"davis0", "davis1"}
    clicks(*flags, *players, "--threads", 4, "--out", tmp_path / "four")
    one, four = (read_rows(tmp_path / name / "DAVIS" / "clicks.csv", ClickRow) for name in ("one", "four"))
    assert four[: len(kept)] == kept
    assert sorted(row[:4] for row in one) == sorted(row[:4] for row in four)
    assert any(a.iou != b.iou for a, b in zip(one[:15], one[15:], strict=True))  # the prior is used


def test_a_prior_is_told_labels_and_their_mask_without_it() -> None:
    told: list[tuple[NDArray[np.uint8], NDArray[np.bool_]]] = []
    wanted = np.zeros((30, 50), np.bool_)
    wanted[5:20, 10:40] = True
    image = np.full((30, 50, 3), 100, np.uint8)

    def knows(image: NDArray[np.uint8], labels: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
        told.append((labels, mask))
        return np.where(wanted, 6, -6).astype(np.float32)

    clicked: Clicked = CutMethod(PriorCutSegmenter(knows, GraphCutSegmenter(prior_edges=10.0)))(image)
    np.testing.assert_array_equal(clicked(Click(10, 20, True)), wanted)
    assert not clicked(Click(10, 30, False))[10, 30]
    assert [np.unique(labels).tolist() for labels, _ in told] == [[0, 1], [0, 1, 2]]
    for labels, mask in told:
        np.testing.assert_array_equal(mask, GraphCutSegmenter().segment(image, labels == 1, labels == 2))


def test_priors_that_cannot_be_used_are_refused() -> None:
    assert "prior 'none:such' cannot be imported" in refusal_of(lambda: find_method("graphcut-prior", "none:such"))
    wrong = CutMethod(PriorCutSegmenter(lambda image, labels, mask: np.zeros((9, 8))))
    assert "it must be floats of shape (8, 9)" in refusal_of(
        lambda: wrong(np.zeros((8, 9, 3), np.uint8))(Click(3, 3, True))
    )


def test_a_click_near_one_of_the_other_label_counts_and_leaves_it() -> None:
    clicked = CutMethod(make_segmenter("graphcut"))(np.random.default_rng(0).integers(0, 256, (256, 300, 3), np.uint8))
    clicked(Click(100, 100, True))
    mask = clicked(Click(100, 103, False))
    assert mask[100, 100]
    assert not mask[100, 103]
    mask = clicked(Click(100, 101, True))
    assert mask[100, 101]
    assert not mask[100, 103]
