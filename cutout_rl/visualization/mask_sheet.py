"""A sheet of masks predicted without strokes: image, mask, ground truth, IoU."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from cutout_rl.data import Sample
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.players.predictor import Predictor
from cutout_rl.utils.figure import saved_figure
from cutout_rl.visualization.draw_strokes import draw_mask, show

PER_ROW: Final = 2  # images, each of which takes three pictures
HEIGHT: Final = 1.9  # inches of a picture


def save_mask_sheet(predictor: Predictor, samples: Sequence[Sample], path: Path, title: str) -> None:
    """Draw a predictor's masks of some images of one size beside the ground truth."""
    masks = predictor.predict(np.stack([sample.image for sample in samples]))
    n_rows = -(-len(samples) // PER_ROW)
    with saved_figure(path, 3 * PER_ROW * HEIGHT, n_rows * (HEIGHT + 0.25) + 0.6) as figure:
        figure.suptitle(title, fontsize=14)
        grid = figure.subplots(n_rows, 3 * PER_ROW, squeeze=False)
        for axes in grid.flat:
            axes.set_axis_off()
        for (image, mine, truth), sample, mask in zip(grid.reshape(-1, 3), samples, masks, strict=False):
            iou = intersection_over_union(mask, sample.mask, sample.void)
            show(image, sample.image)
            image.set_title(sample.name, fontsize=11)
            draw_mask(mine, sample.image, mask)
            mine.set_title(f"mask, IoU {iou:.3f}", fontsize=11)
            draw_mask(truth, sample.image, sample.mask)
            truth.set_title("ground truth", fontsize=11)
