"""Agents and networks see the strokes that were drawn zoomed in."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from reader import Reader
from test_page_zoom import COARSE, IMAGE, OTHER, SEGMENTER, TRUTH, WINDOW, fine_strokes

from cutout_rl.game.config import GameConfig
from cutout_rl.game.game import Game
from cutout_rl.segmenters import make_segmenter
from cutout_rl.segmenters.prior_cut import PriorCutSegmenter
from cutout_rl.web.assistant import Assistant
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import Edit, Stroke
from cutout_rl.web.reading_assistant import make_assistant
from cutout_rl.web.resample import Mask

GAME = GameConfig(image_size=128, step_len=12, step_count=6)
SHAPE = (384, 512)  # of the cut of the whole
FURTHER = Stroke("outside", 30, ((1940, 60), (1500, 100)))


def seen_at(labels: NDArray[np.uint8], x: float, y: float) -> int:
    return int(labels[int(y * SHAPE[0] / len(IMAGE)), int(x * SHAPE[1] / IMAGE.shape[1])])


class Network:
    """Predicts log-odds that depend on all labels, and remembers these."""

    def __init__(self) -> None:
        self.seen: list[NDArray[np.uint8]] = []

    def __call__(self, image: NDArray[np.uint8], labels: NDArray[np.uint8], mask: Mask) -> NDArray[np.float32]:
        """Return what the mask says, more or less surely."""
        self.seen.append(labels.copy())
        assert not mask[labels == 2].any()
        assert mask[labels == 1].all()
        sureness = 0.1 * (np.count_nonzero(labels == 1) % 7)
        return np.where(mask, np.float32(sureness), np.float32(-sureness))


def test_an_estimate_is_made_from_all_strokes() -> None:
    small = TRUTH[::4, ::4][: SHAPE[0], : SHAPE[1]]
    reader = Reader(np.pad(small, ((0, SHAPE[0] - len(small)), (0, SHAPE[1] - small.shape[1]))))
    assistant = make_assistant(reader, replace(GAME, image_size=64))
    drawing = Drawing(IMAGE, SEGMENTER, [*COARSE, *fine_strokes(WINDOW)])
    assert drawing.refine()
    assert seen_at(drawing.labels, 1400, 750) == 0
    assistant.estimate_iou(drawing)
    assert [seen_at(reader.seen[-1], x, y) for x, y in ((1400, 750), (1275, 750))] == [1, 2]
    assert reader.seen[-1].shape == SHAPE
    assert np.count_nonzero(reader.seen[-1] != drawing.labels) < 250  # thin, as they were drawn


def test_a_move_continues_from_strokes_drawn_zoomed_in() -> None:
    games: list[Game] = []

    class Watching:
        label = "watching"

        def act(self, observations: NDArray[np.uint8], played: list[Game]) -> NDArray[np.int64]:
            games.extend(played)
            return np.zeros(len(played), np.int64)

    drawing = Drawing(IMAGE, SEGMENTER, [*COARSE, *fine_strokes(WINDOW)[:2]])
    stroke = Assistant(Watching(), GAME).next_stroke(drawing)  # type: ignore[arg-type]
    assert stroke is not None
    labels = games[0].labels
    at = np.array((750, 1430)) * 128 / np.array(IMAGE.shape[:2])
    row, column = at.astype(int)
    assert labels[row, column - 3 : column + 1].tolist() == [1] * 4
    assert stroke.points[0] == pytest.approx((1440, 750), abs=16)  # a pixel of the game


def test_the_network_reads_them_with_the_next_stroke_of_the_whole() -> None:
    network = Network()
    segmenter = PriorCutSegmenter(network, SEGMENTER)  # type: ignore[arg-type]
    drawing = Drawing(IMAGE, segmenter, COARSE)
    before = drawing.full_mask()
    for edit in fine_strokes(WINDOW):
        drawing.apply(edit)
    refined = drawing.full_mask()
    outside = np.ones_like(before)
    outside[WINDOW.slices()] = False
    assert np.array_equal(refined[outside], before[outside])
    assert len(network.seen) == 1
    log_odds = drawing.predict_object()  # for the estimate of the IoU
    assert log_odds is not None
    assert [seen_at(network.seen[-1], x, 750) for x in (1400, 1275)] == [1, 2]
    assert drawing.predict_object() is log_odds  # it is not asked twice
    assert len(network.seen) == 2
    assert np.array_equal(drawing.full_mask(), refined)
    drawing.apply(FURTHER)
    drawing.mask()
    assert len(network.seen) == 3
    assert [seen_at(network.seen[-1], x, 750) for x in (1400, 1275)] == [1, 2]


def test_with_a_network_the_masks_depend_on_the_edits_alone() -> None:
    segmenter = PriorCutSegmenter(Network(), SEGMENTER)  # type: ignore[arg-type]
    again = replace(COARSE[0], points=COARSE[0].points[:1])  # changes no label, but what the network reads
    edits: list[Edit] = [*COARSE, *fine_strokes(WINDOW)[:3], again, replace(fine_strokes(WINDOW)[3], window=OTHER)]
    edits += [FURTHER, Stroke("remove", 9, ((900, 750),)), fine_strokes(WINDOW)[3]]
    drawing = Drawing(IMAGE, segmenter)
    masks = []
    for edit in edits:
        drawing.apply(edit)
        masks.append(drawing.full_mask())
    log_odds = drawing.log_odds
    for number in (5, 7, 8):
        assert np.array_equal(Drawing(IMAGE, segmenter, edits[: number + 1]).full_mask(), masks[number])
    opened = Drawing(IMAGE, segmenter, edits)
    assert np.array_equal(opened.full_mask(), masks[-1])
    assert log_odds is not None
    assert opened.log_odds is not None
    assert np.array_equal(opened.log_odds, log_odds)
    for mask in masks[-2::-1]:
        drawing.undo()
        assert np.array_equal(drawing.full_mask(), mask)


def test_without_windows_all_labels_are_those_of_the_cut() -> None:
    drawing = Drawing(IMAGE, make_segmenter("graphcut"), [*COARSE, *fine_strokes(None)])
    assert drawing.all_labels is drawing.labels
