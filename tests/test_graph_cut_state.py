"""Stacked states of the default segmenter: images in turn on one scratch, against a session for each."""

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from cutout_rl.segmenters.energy import SEED
from cutout_rl.segmenters.graph_cut import GraphCutSegmenter
from cutout_rl.segmenters.graph_cut_state import (
    CutSettings,
    GraphCutState,
    Scratch,
    allocate_scratch,
    allocate_states,
    begin,
    cut,
    label_pixels,
    select_state,
)

IMAGES = 5


@numba.njit
def play(
    states: GraphCutState,
    scratch: Scratch,
    settings: CutSettings,
    images: NDArray[np.uint8],
    pixels: NDArray[np.int32],
    labels: NDArray[np.int64],
    masks: NDArray[np.bool_],
) -> None:
    """Label `pixels` (steps, images, M, 2) in every image in turn, and write every mask."""
    for i in range(len(images)):
        begin(select_state(states, i), scratch, images[i], settings)
    for step in range(len(pixels)):
        for i in range(len(images)):
            state = select_state(states, i)
            label_pixels(state, scratch, pixels[step, i], labels[step, i], settings)
            cut(state, scratch, settings, masks[step, i])


@pytest.mark.parametrize("segmenter", [GraphCutSegmenter(), GraphCutSegmenter(border_prior=False, components=False)])
def test_images_in_turn_are_independent(segmenter: GraphCutSegmenter) -> None:
    height, width, steps = 21, 34, 8
    states, scratch = allocate_states(IMAGES, height, width), allocate_scratch(height, width)
    for episode in range(2):
        rng = np.random.default_rng(episode)
        images = rng.integers(0, 256, (IMAGES, height, width, 3)).astype(np.uint8)
        images[0] = 90
        pixels = rng.integers(0, (height, width), (steps, IMAGES, 7, 2)).astype(np.int32)
        labels = rng.integers(0, 2, (steps, IMAGES))
        masks = np.empty((steps, IMAGES, height, width), bool)
        play(states, scratch, segmenter.cut_settings(), images, pixels, labels, masks)
        for i in range(IMAGES):
            session = segmenter.begin(images[i])
            for step in range(steps):
                session.label(pixels[step, i], int(labels[step, i]))  # type: ignore[arg-type]
                np.testing.assert_array_equal(masks[step, i], session.cut())
            np.testing.assert_array_equal(states.unaries[i], np.clip(session.unaries, -SEED, SEED))


def test_a_state_is_small() -> None:
    assert sum(array.nbytes for array in allocate_states(1, 128, 128)) < 1_000_000
