"""The simulated users of the accuracy benchmark, its textbook cut, and its command."""

import json
import weakref
from pathlib import Path

import numpy as np
import pytest
from command_line import Run
from numpy.typing import NDArray
from scenes import blob_sample, plain_iou
from scipy import ndimage

from cutout_rl.experiments.segmenter_accuracy import measure
from cutout_rl.experiments.simulated_users.clicks import robot_masks
from cutout_rl.experiments.simulated_users.scribbles import SCRIBBLE_USERS
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.segmenters import INSIDE, OUTSIDE, GraphCutSegmenter, textbook_cut
from cutout_rl.segmenters.textbook_cut import TextbookCutSegmenter


@pytest.mark.parametrize("person", SCRIBBLE_USERS)
def test_people_stay_on_their_side_and_come_back(person: str) -> None:
    sample = blob_sample(128, seed=3, void=True)
    scribbles = SCRIBBLE_USERS[person](sample)
    for label, side in ((INSIDE, sample.mask), (OUTSIDE, ~sample.mask)):
        assert scribbles[label].any()
        assert not (scribbles[label] & ~(side & ~sample.void)).any()
        np.testing.assert_array_equal(scribbles[label], SCRIBBLE_USERS[person](sample)[label])


def test_a_share_is_connected_and_part_of_the_whole() -> None:
    sample = blob_sample(128, seed=3)
    whole, part = (SCRIBBLE_USERS[person](sample)[OUTSIDE] for person in ("full", "40 %"))
    assert not (part & ~whole).any()
    assert 0.3 < part.sum() / whole.sum() < 0.5
    assert ndimage.label(part, structure=np.ones((3, 3)))[1] == 1


def test_robot_dots_end_near_the_truth() -> None:
    sample = blob_sample(64, seed=1)
    masks = robot_masks(GraphCutSegmenter(), sample, 12)
    assert len(masks) == 12
    assert intersection_over_union(masks[-1], sample.mask, sample.void) > 0.9
    assert intersection_over_union(masks[3], sample.mask, sample.void) == plain_iou(masks[3], sample.mask, sample.void)


def test_textbook_cut_parts_two_colours_by_colour_alone() -> None:
    image = np.full((20, 30, 3), 40, dtype=np.uint8)
    image[:, 15:] = 220
    inside, outside = np.zeros((2, 20, 30), dtype=bool)
    inside[4, 20] = outside[15, 3] = True
    np.testing.assert_array_equal(
        TextbookCutSegmenter(contrast_weight=0.0).segment(image, inside, outside), image[..., 0] == 220
    )


def test_textbook_sessions_compute_the_links_of_an_image_once_and_free_them(monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[weakref.ref[NDArray[np.int16]]] = []
    contrast_weights = textbook_cut._contrast_weights

    def recorded(image: NDArray[np.uint8], weight: float) -> NDArray[np.int16]:
        links = contrast_weights(image, weight)
        computed.append(weakref.ref(links))
        return links

    monkeypatch.setattr(textbook_cut, "_contrast_weights", recorded)
    segmenter = TextbookCutSegmenter()
    images = [blob_sample(16, seed).image for seed in range(70)]
    inside, outside = np.zeros((2, 16, 16), dtype=bool)
    inside[8, 8] = outside[0, 0] = True
    sessions = [segmenter.begin(image) for image in images]
    for session in sessions:
        session.label(np.array([[8, 8]]), INSIDE)
        session.label(np.array([[0, 0]]), OUTSIDE)
    masks = [session.cut() for session in sessions]
    assert all(np.array_equal(session.copy().cut(), mask) for session, mask in zip(sessions, masks, strict=True))
    assert len(computed) == len(images)
    del session, sessions
    assert not any(links() is not None for links in computed)
    for image, mask in zip(images, masks, strict=True):
        assert np.array_equal(segmenter.segment(image, inside, outside), mask)


def test_measure_counts_dots_until_a_target() -> None:
    sample = blob_sample(64, seed=1)
    figures = measure(GraphCutSegmenter(), [sample], dots=3)
    ious = [
        intersection_over_union(mask, sample.mask, sample.void) for mask in robot_masks(GraphCutSegmenter(), sample, 3)
    ]
    assert figures["dots 1"] == ious[0]
    assert figures["NoC@85"] == next((n for n, iou in enumerate(ious, 1) if iou >= 0.85), 3)


def test_command_writes_its_figures(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    flags = ("--sets", "faces", "--sizes", 32, "--images", 1, "--dots", 0, "--ablate", "--out", out)
    assert run("experiments.segmenter_accuracy", *flags).status == 0
    (rows,) = json.loads(out.read_text()).values()
    assert 0 <= rows["ours"]["full"] <= 1
