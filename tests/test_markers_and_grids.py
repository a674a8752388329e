"""The procedural markers and grids: determinism, exact masks, the same scene at every size, content."""

import subprocess
import sys
import zlib
from collections.abc import Callable
from functools import cache, partial

import cv2
import gymnasium
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

import cutout_rl  # noqa: F401 - registers the environment
from cutout_rl.data import DataSource, Sample, Split, open_source
from cutout_rl.data.synthetic.grids import grid_scene
from cutout_rl.data.synthetic.grids.digits import WIDTH, draw_digit
from cutout_rl.data.synthetic.grids.puzzle_page import FINENESS, draw_page
from cutout_rl.data.synthetic.markers import marker_scene
from cutout_rl.data.synthetic.markers.marker import CELLS, draw_marker
from cutout_rl.data.synthetic.planar_pose import draw_pose, project
from cutout_rl.game.config import GameConfig
from cutout_rl.game.factory import GameFactory
from cutout_rl.utils.errors import CutOutError

NAMES = ("markers", "grids")
SPLITS: tuple[Split, ...] = ("train", "val", "test")
SQUARE = np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])


def checksum(sample: Sample) -> int:
    return zlib.crc32(sample.image.tobytes() + sample.mask.tobytes())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [32, 128, 512])
def test_a_sample_has_the_protocols_shapes_and_dtypes(name: str, size: int) -> None:
    sample = open_source(name, "val", size)[7]
    assert sample.image.shape == (size, size, 3)
    assert sample.image.dtype == np.uint8
    assert sample.mask.shape == sample.void.shape == (size, size)
    assert sample.mask.dtype == sample.void.dtype == np.bool_
    assert not sample.void.any()
    assert sample.name == "val-0000007"


def test_another_process_draws_the_same() -> None:
    program = (
        "import zlib; from cutout_rl.data import open_source\n"
        "samples = [open_source(name, 'train', 64)[i] for name in ('markers', 'grids') for i in (3, 999_999)]\n"
        "print(*[zlib.crc32(s.image.tobytes() + s.mask.tobytes()) for s in samples])"
    )
    there = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    here = [checksum(open_source(name, "train", 64)[index]) for name in NAMES for index in (3, 999_999)]
    assert [int(value) for value in there] == here


@pytest.mark.filterwarnings("error")
def test_a_card_whose_horizon_is_in_the_picture_leaves_the_rest_of_it_alone() -> None:
    open_source("markers", "train", 64)[474_651]  # would cast NaN to a level


@pytest.mark.parametrize("name", NAMES)
def test_no_image_comes_twice_and_no_split_shares_one(name: str) -> None:
    samples = [open_source(name, split, 32)[index] for split in SPLITS for index in range(3)]
    assert len({checksum(sample) for sample in samples}) == len({sample.name for sample in samples}) == len(samples)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_scene_at_every_size(name: str) -> None:
    large, small = open_source(name, "val", 128), open_source(name, "val", 64)
    for index in range(4):
        halves = large[index].mask.reshape(64, 2, 64, 2).mean(axis=(1, 3)) >= 0.5
        assert (halves & small[index].mask).sum() / (halves | small[index].mask).sum() > 0.85
        shrunk = large[index].image.reshape(64, 2, 64, 2, 3).mean(axis=(1, 3))
        assert np.abs(shrunk - small[index].image).mean() < 12


@cache
def scenes(name: str) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    draw: Callable[..., tuple[NDArray[np.float32], NDArray[np.float32]]]
    draw = partial(marker_scene.draw_scene, present=True) if name == "markers" else grid_scene.draw_scene
    return [draw(np.random.default_rng(seed)) for seed in range(16)]


@pytest.mark.parametrize("name", NAMES)
def test_the_object_is_one_piece_and_lies_whole_in_the_picture(name: str) -> None:
    for _, cover in scenes(name):
        assert ndimage.label(cover > 0.5)[1] == 1
        assert max(cover[0].max(), cover[-1].max(), cover[:, 0].max(), cover[:, -1].max()) == 0


@pytest.mark.parametrize("name", NAMES)
def test_mask_edges_lie_on_the_drawn_object(name: str) -> None:
    """The image gradient is larger on the mask's boundary than a few pixels away, so image and mask are aligned."""
    wins = 0
    for canvas, cover in scenes(name):
        grey = cv2.GaussianBlur(canvas.mean(axis=2), (0, 0), 1)
        gradient = np.hypot(cv2.Sobel(grey, -1, 1, 0), cv2.Sobel(grey, -1, 0, 1))
        distance = ndimage.distance_transform_edt(cover > 0.5) - ndimage.distance_transform_edt(cover <= 0.5)
        on, beyond = np.abs(distance) < 2, (distance < -6) & (distance > -9)
        wins += gradient[on].mean() > gradient[beyond].mean()
    assert wins >= 14


def test_markers_are_as_large_as_they_are_said_to_be() -> None:
    sides = [np.sqrt(cover.sum()) for _, cover in scenes("markers")]
    assert 29 < min(sides) < 80
    assert 150 < max(sides) < 301


def test_the_smallest_marker_leaves_something_to_cut_in_the_smallest_image() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        cover = marker_scene.cover_of(project(SQUARE, marker_scene.pose_inside(rng, marker_scene.SMALLEST)))
        assert (cv2.resize(cover, (32, 32), interpolation=cv2.INTER_AREA) >= 0.5).any()


def test_a_marker_has_one_way_up() -> None:
    for seed in range(50):
        cells = draw_marker(np.random.default_rng(seed))
        assert cells.shape == (CELLS, CELLS)
        assert not cells[0].any()
        assert cells[1, 1:-1].all()
        corners = [np.rot90(cells, turns)[2, 2] for turns in range(4)]
        assert corners == [True, False, False, False]


def test_presence_leaves_about_half_of_the_scenes_empty_and_the_others_as_they_were() -> None:
    presence, marker = (open_source("markers", "val", 32, masks) for masks in ("presence", "marker"))
    labels = [bool(presence[index].mask.any()) for index in range(20)]
    assert 4 <= sum(labels) <= 16
    for index in range(4):
        assert np.array_equal(presence[index].image, marker[index].image) == labels[index]


def test_an_image_without_an_object_is_no_game() -> None:
    env = gymnasium.make("cutout_rl/CutOut-v0", data="markers", masks="presence", split="val", image_size=32)
    source: DataSource = open_source("markers", "val", 32, "presence")
    empty = next(index for index in range(20) if not source[index].mask.any())
    with pytest.raises(CutOutError, match="contains no object"):
        env.reset(options={"index": empty})


@pytest.mark.parametrize("is_void", [False, True])
def test_an_image_without_background_is_no_game(is_void: bool) -> None:
    factory = GameFactory(GameConfig(image_size=32))
    mask, void = np.ones((32, 32), np.bool_), np.zeros((32, 32), np.bool_)
    mask[:8], void[:8] = not is_void, is_void
    factory.source = [Sample(np.zeros((32, 32, 3), np.uint8), mask, void, "full")]
    with pytest.raises(CutOutError, match="full contains no background"):
        factory.new_game(np.random.default_rng(0), 0)


@pytest.mark.parametrize("name", NAMES)
def test_other_masks_are_refused(name: str) -> None:
    with pytest.raises(CutOutError, match="mask"):
        open_source(name, "val", 64, "head")


def test_a_pose_keeps_the_size_and_shows_the_front() -> None:
    for seed in range(200):
        pose = draw_pose(np.random.default_rng(seed), 80, np.array([200.0, 120]), np.radians(60), seed)
        corners = project(SQUARE, pose)
        x, y = corners.T
        assert (np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2 == pytest.approx(80**2)
        assert (corners.min(axis=0) + corners.max(axis=0)) / 2 == pytest.approx([200, 120])
        across, down = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1).reshape(2, 2).T.mean(axis=1)
        assert 0.2 < across / down < 5


def test_a_grids_mask_ends_at_its_outer_lines() -> None:
    for seed in range(12):
        page = draw_page(np.random.default_rng(seed))
        rows, columns = np.nonzero(page.grid > 0.5)
        sides = np.array([np.ptp(rows) + 1, np.ptp(columns) + 1]) / FINENESS
        assert np.abs(sides - 2).max() < 0.25
        assert page.grid.shape == page.colours.shape[:2]
        # The edge is inked: pixels just inside it are darker than pixels further inside or outside.
        distance = ndimage.distance_transform_edt(page.grid > 0.5)
        grey = page.colours.mean(axis=2)
        assert grey[(distance > 0.5) & (distance < 2.5)].mean() < grey[distance > 8].mean()


@pytest.mark.parametrize("digit", range(1, 10))
def test_digits_differ_and_fill_their_box(digit: int) -> None:
    def picture(which: int) -> NDArray[np.uint8]:
        canvas = np.zeros((40, 40), np.uint8)
        line = draw_digit(np.random.default_rng(0), which, 0)
        assert np.abs(line).max(axis=0) == pytest.approx([WIDTH / 2, 0.5], abs=0.12)
        cv2.polylines(canvas, [np.round(line * 30 + 20).astype(np.int32)], False, (255,), 3)
        return canvas

    ours = picture(digit) > 0
    for other in set(range(1, 10)) - {digit}:
        theirs = picture(other) > 0
        assert (ours & theirs).sum() / (ours | theirs).sum() < 0.7
