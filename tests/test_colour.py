"""Lab against scikit-image, and the smoothed histograms against NumPy and SciPy."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from skimage.color import rgb2lab

from cutout_rl.segmenters.colour_model import (
    HISTOGRAM_CELLS,
    PALETTE_SIZE,
    PIXEL_WEIGHT,
    ColourModel,
    begin_colour_model,
    count_pixel,
    log_ratios,
    to_lab,
)
from cutout_rl.segmenters.segmenter import INSIDE, OUTSIDE


def build_colour_model(lab: NDArray[np.int16]) -> ColourModel:
    """Return the model of an (H, W, 3) image with empty histograms; what it holds before does not matter."""
    model = ColourModel(
        palette=np.full(PALETTE_SIZE, 7, dtype=np.int16),
        palette_size=np.full(1, 7, dtype=np.int64),
        colour=np.full(lab.shape[:2], 7, dtype=np.uint16),
        mass=np.full((HISTOGRAM_CELLS, 2), 7, dtype=np.int64),
        weight=np.full(2, 7, dtype=np.int64),
    )
    planes = np.ascontiguousarray(np.moveaxis(lab, -1, 0))
    begin_colour_model(model, planes, np.full(HISTOGRAM_CELLS, 7, dtype=np.int16))
    return model


def ratios_of(model: ColourModel, clip: float) -> NDArray[np.int32]:
    """Return the log ratio of every colour in the palette."""
    ratios = np.full(PALETTE_SIZE, 7, dtype=np.int32)
    log_ratios(model, clip, ratios)
    return ratios[: model.palette_size[0]]


def test_lab_is_that_of_scikit_image() -> None:
    levels = np.array([0, 1, 9, 10, 11, 50, 128, 200, 254, 255], dtype=np.uint8)
    image = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(10, 100, 3)
    np.testing.assert_allclose(to_lab(image) / 100, rgb2lab(image), atol=0.011)


@pytest.mark.parametrize("shape", [(1, 1), (12, 17)])
@pytest.mark.parametrize("clip", [0.0, 2.0, 50.0])
def test_log_ratios_are_those_of_smoothed_histograms(shape: tuple[int, int], clip: float) -> None:
    rng = np.random.default_rng(3)
    lab = rng.integers(-3000, 3000, size=(*shape, 3)).astype(np.int16)
    model = build_colour_model(lab)
    bins = [np.linspace(lab[..., c].min(), int(lab[..., c].max()) + 1, 17) for c in range(3)]
    kernel = np.array([1, 4, 1]) / 6
    density = []
    for label in (OUTSIDE, INSIDE):
        pixels = rng.integers(0, shape, size=(30, 2))
        for row, column in pixels:
            count_pixel(model, row, column, label, PIXEL_WEIGHT)
        histogram, _ = np.histogramdd(lab[pixels[:, 0], pixels[:, 1]], bins=bins)
        for axis in range(3):
            histogram = ndimage.correlate1d(histogram, kernel, axis=axis, mode="constant")
        density.append(histogram / 30 + 1 / (16 * 6**3))
    cells = tuple(np.clip(np.digitize(lab[..., c], bins[c]) - 1, 0, 15) for c in range(3))
    expected = np.clip(np.log(density[INSIDE] / density[OUTSIDE]), -clip, clip)[cells]
    np.testing.assert_allclose(ratios_of(model, clip)[model.colour] / 512, expected, atol=0.501 / 512)


def test_kernel_is_a_gaussian_of_sigma_0_6() -> None:
    model = build_colour_model(np.zeros((1, 1, 3), dtype=np.int16))
    count_pixel(model, 0, 0, INSIDE, PIXEL_WEIGHT)
    profile = model.mass[:, INSIDE].reshape(18, 18, 18).sum(axis=(1, 2)).astype(float)
    offsets = np.arange(-1, 2)
    gaussian = np.exp(-(offsets**2) / (2 * 0.6**2))
    np.testing.assert_allclose(profile[:3] / profile.sum(), gaussian / gaussian.sum(), atol=0.01)


def test_one_scribble_alone_gives_no_colour_evidence() -> None:
    model = build_colour_model(np.arange(12, dtype=np.int16).reshape(2, 2, 3) * 300)
    count_pixel(model, 0, 0, INSIDE, PIXEL_WEIGHT)
    assert not ratios_of(model, 2.0).any()


def test_a_negative_weight_takes_a_pixel_out_again() -> None:
    model = build_colour_model(np.arange(12, dtype=np.int16).reshape(2, 2, 3) * 300)
    for weight in (5, -5):
        count_pixel(model, 1, 1, OUTSIDE, weight)
    assert not model.mass.any()
    assert not model.weight.any()
