"""Images are annotated eight at a time, or fewer where they are large."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from rich.console import Console

from cutout_rl.annotation import batches
from cutout_rl.annotation.annotated_folder import AnnotatedFolder, Task
from cutout_rl.annotation.start_points_file import DEFAULT_POINTS


class Annotator:
    """Notes the sizes of the images in each batch."""

    size = 32

    def __init__(self) -> None:
        self.batches: list[list[tuple[int, int]]] = []

    def annotate(self, images: Sequence[Image.Image], *others: Any) -> None:
        self.batches.append([image.size for image in images])


def batches_of(sizes: Sequence[tuple[int, int]], folder: Path) -> list[list[tuple[int, int]]]:
    files = {f"{number:02}.png": folder / f"{number:02}.png" for number in range(len(sizes))}
    for size, file in zip(sizes, files.values(), strict=True):
        Image.new("RGB", size).save(file)
    tasks = [Task(name, "", 0, "", DEFAULT_POINTS) for name in files]
    annotator: Any = Annotator()
    with AnnotatedFolder.open(folder / "out", overwrite=False) as out:
        batches.annotate_images(tasks, files, annotator, out, False, Console(quiet=True))
    found: list[list[tuple[int, int]]] = annotator.batches
    return found


def test_small_images_are_annotated_eight_at_a_time(tmp_path: Path) -> None:
    assert [len(batch) for batch in batches_of([(10, 12)] * 19, tmp_path)] == [8, 8, 3]


@pytest.mark.parametrize(
    ("sizes", "lengths"),
    [
        ([(10, 10)] * 5, [2, 2, 1]),
        ([(5, 40), (40, 5), (5, 10), (10, 5)], [1, 2, 1]),
        ([(5, 50), (5, 5), (5, 45), (10, 10)], [1, 2, 1]),
    ],
)
def test_a_batch_has_so_many_pixels_at_most(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sizes: list[tuple[int, int]], lengths: list[int]
) -> None:
    monkeypatch.setattr(batches, "MOST_PIXELS", 250)
    found = batches_of(sizes, tmp_path)
    assert [len(batch) for batch in found] == lengths
    assert [size for batch in found for size in batch] == sizes


def test_an_image_that_is_larger_than_a_batch_is_reduced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(batches, "MOST_PIXELS", 250)
    ((size,),) = batches_of([(40, 20)], tmp_path)
    assert 60 < size[0] * size[1] <= 250
