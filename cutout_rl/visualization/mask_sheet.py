"""A sheet of masks that were predicted without strokes: image, mask, truth, IoU."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from cutout_rl.data import Sample
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.players.predictor import Predictor
from cutout_rl.utils.figure import saved_figure
from cutout_rl.visualization.draw_strokes import masked_picture, show

PER_ROW: Final = 2  # images, each of which takes three pictures
HEIGHT: Final = 1.9  # inches of a picture


def save_mask_sheet(predictor: Predictor, samples: Sequence[Sample], path: Path, title: str) -> None:
    """Draw what a predictor answers to some images of one size into a PNG file."""
    masks = predictor.predict(np.stack([sample.image for sample in samples]))
    n_rows = -(-len(samples) // PER_ROW)
    with saved_figure(path, 3 * PER_ROW * HEIGHT, n_rows * (HEIGHT + 0.25) + 0.6, dpi=100) as figure:
        figure.suptitle(title)
        grid = figure.subplots(n_rows, 3 * PER_ROW, squeeze=False)
        for axes in grid.flat:
            axes.set_axis_off()
        for triple, sample, mask in zip(grid.reshape(-1, 3), samples, masks, strict=False):
            iou = intersection_over_union(mask, sample.mask, sample.void)
            pictures = {
                sample.name: sample.image,
                f"mask, IoU {iou:.3f}": masked_picture(sample.image, mask),
                "truth": masked_picture(sample.image, sample.mask),
            }
            for axes, (heading, picture) in zip(triple, pictures.items(), strict=True):
                show(axes, picture)
                axes.set_title(heading, fontsize=8)
