"""A photograph of 12 megapixels is cut at working size and upsampled, in little time and memory."""

import time
import tracemalloc
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from page_server import make_app_state
from PIL import Image
from scenes import plain_iou

from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import Stroke
from cutout_rl.web.export import export
from cutout_rl.web.objects import ImageRecord
from cutout_rl.web.views import WORKING_SIZE

HEIGHT, WIDTH = 3000, 4000
STROKES = (
    Stroke("inside", 60, ((1400, 1500), (2600, 1550))),
    Stroke("outside", 60, ((200, 200), (3800, 200), (3800, 2800))),
)


def photograph() -> tuple[bytes, NDArray[np.bool_]]:
    """Render a wavy disc with shading, grain and soft edges; return it as JPEG with its ground truth."""
    rng = np.random.default_rng(0)

    def shades(low: int, high: int) -> NDArray[np.uint8]:
        field = rng.integers(low, high, (6, 8, 3), np.uint8)
        return np.asarray(cv2.resize(field, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)

    y, x = np.ogrid[:HEIGHT, :WIDTH]
    angle = np.arctan2(y - 1500, x - 2000)
    truth = np.asarray(np.hypot(y - 1500, x - 2000) < 1000 * (1 + 0.12 * np.sin(5 * angle) + 0.05 * np.sin(11 * angle)))
    image = cv2.GaussianBlur(np.where(truth[..., None], shades(150, 220), shades(40, 120)), (0, 0), 1.5)
    image = cv2.add(image, rng.integers(0, 16, image.shape, np.uint8))
    buffer = BytesIO()
    Image.fromarray(np.asarray(image, np.uint8)).save(buffer, "JPEG", quality=92)
    return buffer.getvalue(), truth


def test_a_photograph_of_12_megapixels(tmp_path: Path) -> None:
    data, truth = photograph()
    app_state = make_app_state(tmp_path, images=1)
    name = app_state.images.add("photograph.jpg", data)
    drawing = Drawing(app_state.images.load(name), app_state.segmenter, STROKES)
    assert drawing.labels.shape == (384, WORKING_SIZE)
    small = drawing.mask()

    started = time.process_time()
    tracemalloc.start()
    full = drawing.full_mask()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert time.process_time() - started < 2  # s; typically 0.25
    assert peak < 20 * truth.size  # bytes

    enlarged = cv2.resize(small.view(np.uint8), (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST) > 0
    assert plain_iou(full, truth, np.zeros_like(truth)) > 0.995
    assert np.count_nonzero(full != truth) < 0.5 * np.count_nonzero(enlarged != truth)

    app_state.storage.save(name, (HEIGHT, WIDTH), ImageRecord.of(STROKES))
    assert np.array_equal(np.asarray(Image.open(export(app_state, "mask", name))) > 0, full)
