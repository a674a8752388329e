"""The images that are clicked on together: those of a source of images, or of a published set."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from cutout_rl.data import Sample, Split, open_source
from cutout_rl.data.reported_images import name_images, reported_images
from cutout_rl.experiments.clicks.published_set import PublishedSet


@dataclass(frozen=True)
class ImageGroup:
    """Images whose results are one table.

    Attributes:
        title: what they are, for the table and the figure.
        names: of the images.
        load: reads the image of an index.
        published: name of the published set, if it is one.
    """

    title: str
    names: Sequence[str]
    load: Callable[[int], Sample]
    published: str | None = None


def images_of_source(
    data: str, masks: str | None, splits: Sequence[Split], size: int, images: int, first: int | None, skip_bad: bool
) -> ImageGroup:
    """Read square images of a source, resized to `size`; the arguments are those of the command.

    Raises:
        CutOutError: they cannot be read.
    """
    sources = {split: open_source(data, split, size, masks, skip_bad) for split in splits}
    chosen = {split: reported_images(data, split, len(source), images, first) for split, source in sources.items()}
    samples = [sources[split][index] for split, indices in chosen.items() for index in indices]
    where = ", ".join(name_images(split, indices) for split, indices in chosen.items())
    title = f"{len(samples)} images of {data}" + (f", {masks}" if masks else "")
    return ImageGroup(f"{title} ({where})", [sample.name for sample in samples], samples.__getitem__)


def images_of_set(published: PublishedSet, images: int | None) -> ImageGroup:
    """Choose all images of a published set, or `images` of them at equal distances; they are read when played."""
    count = len(published.names)
    chosen = np.linspace(0, count - 1, min(images or count, count)).round().astype(int).tolist()
    title = f"{len(chosen)} of the {published.published} objects of {published.name} at their own size"
    return ImageGroup(
        title, [published.names[index] for index in chosen], lambda i: published.load(chosen[i]), published.name
    )
