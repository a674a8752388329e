"""Data augmentation: determinism, alignment of image and mask, and the train split only."""

import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from cutout_rl.data import Sample
from cutout_rl.data.augmented import AugmentedSource
from cutout_rl.game.config import GameConfig
from cutout_rl.utils.errors import CutOutError

SIDE = 64


class Squares(list[Sample]):
    """Images in which only the object is red and only void is green."""

    def __init__(self, *squares: slice) -> None:
        super().__init__(map(self._sample, range(len(squares)), squares))

    def _sample(self, number: int, square: slice) -> Sample:
        mask, void = np.zeros((2, SIDE, SIDE), bool)
        mask[square, square] = True
        void[2:9, 20:50] = True
        image = np.full((SIDE, SIDE, 3), 120, np.uint8)
        image[mask], image[void] = (200, 40, 40), (40, 200, 40)
        return Sample(image, mask, void, f"square{number}")


def iou(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    return float((a & b).sum() / (a | b).sum())


def test_first_version_is_the_image_and_others_differ() -> None:
    squares = Squares(slice(20, 40), slice(15, 30))
    source = AugmentedSource(squares, 4)
    assert len(source) == 8
    assert [source[index].name for index in range(4)] == ["square0", "square1", "square0-1", "square1-1"]
    assert all(np.array_equal(source[index].image, squares[index].image) for index in (0, 1))
    assert len({source[index].image.tobytes() for index in range(8)}) == 8
    with pytest.raises(IndexError):
        source[8]


def test_image_mask_and_void_are_moved_alike() -> None:
    source = AugmentedSource(Squares(slice(20, 45)), 40)
    reds, greens = [], []
    for index in range(40):
        sample = source[index]
        red, green = (sample.image[..., c].astype(int) - sample.image[..., 1 - c] for c in (0, 1))
        if max(red.max(), green.max()) < 60:
            continue  # converted to grey
        reds.append(iou((red > 30) & ~sample.void, sample.mask))
        if (green > 30).any():  # it may be shifted out of the image
            greens.append((sample.void & (green > 30)).sum() / (green > 30).sum())
        assert sample.image.dtype == np.uint8
        assert sample.mask.dtype == sample.void.dtype == bool
    # Noise and JPEG blocks change colours along edges.
    assert np.median(reds) > 0.9
    assert np.median(greens) > 0.8
    assert min(reds) > 0.6


def test_versions_are_the_same_on_every_thread_and_in_every_copy() -> None:
    source = AugmentedSource(Squares(slice(20, 45), slice(10, 30)), 16)
    alone = [source[index].image for index in range(32)]
    copy = pickle.loads(pickle.dumps(source))
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda index: copy[index].image, reversed(range(32))))
    assert all(np.array_equal(a, b) for a, b in zip(alone, reversed(together), strict=True))


def test_an_object_that_would_be_lost_stays() -> None:
    source = AugmentedSource(Squares(slice(60, 64)), 60)
    assert all(source[index].mask.sum() >= 8 for index in range(60))


def test_settings_augment_the_train_split_alone() -> None:
    game_config = {"data": "faces", "image_size": 32, "augment": 3}
    plain, train = (GameConfig(data="faces", image_size=32), GameConfig(**game_config, split="train"))  # type: ignore[arg-type]
    assert len(train.open_source()) == 3 * len(plain.open_source())
    val = GameConfig(**game_config, split="val").open_source()  # type: ignore[arg-type]
    assert len(val) == len(GameConfig(data="faces", image_size=32, split="val").open_source())
    with pytest.raises(CutOutError, match="it must be 1 or more"):
        GameConfig(data="faces", augment=0).open_source()


def test_without_the_library_the_error_names_what_to_install() -> None:
    program = (
        "import sys; sys.modules['albumentations'] = None\n"
        "from cutout_rl.utils.errors import CutOutError; from cutout_rl.data.augmented import AugmentedSource\n"
        "try: AugmentedSource([], 2)\n"
        "except CutOutError as error: print(error)"
    )
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    expected = "Augmenting needs albumentations; run pip install 'cutout-rl[augment]'.\n"
    assert outcome.stdout == expected
