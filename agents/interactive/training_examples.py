"""Examples for the training of the network: crops, simulated strokes, and the cut that follows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cutout_rl.agents.interactive.guidance import draw_guidance
from cutout_rl.agents.interactive.network import InteractiveNet
from cutout_rl.agents.interactive.simulated_strokes import correct, first_strokes, start_dots
from cutout_rl.agents.interactive.training_crops import paste, random_crop
from cutout_rl.agents.planning.labelled_cut import cut
from cutout_rl.agents.training.seeds import Stream, generator
from cutout_rl.data import Sample
from cutout_rl.utils.threads import map_parallel

BATCHES: Final = ((128, 16), (160, 10), (192, 7))  # side and number of crops
_MOST_ROUNDS: Final = 3  # of corrections of the network
_MOST_ROUNDS_OF_CUTS: Final = 6  # of corrections of the cut, as on a page without the network


@dataclass
class Example:
    """A crop in the middle of its segmentation.

    Attributes:
        sample: the crop and its ground truth.
        labels: (S, S) uint8, 0 unlabelled, 1 inside, 2 outside.
        mask: (S, S) bool, the cut of these labels.
        rng: source of the next strokes.
    """

    sample: Sample
    labels: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    rng: np.random.Generator

    def correct(self, mask: NDArray[np.bool_]) -> None:
        """Correct a mask by a stroke, and cut again."""
        correct(self.labels, self.sample, mask, self.rng)
        self.mask = cut(self.sample.image, self.labels)

    def guidance(self) -> NDArray[np.float32]:
        """Return what the network is shown of strokes and mask, (7, S, S) float32."""
        return draw_guidance(self.sample.image, self.labels, self.mask)


class TrainingExamples:
    """Batches that depend on their number, the seed, and the network that is corrected."""

    def __init__(
        self, images: Sequence[Sample], others: Sequence[Sample], others_share: float, pasted_share: float, seed: int
    ) -> None:
        """Prepare the batches.

        Args:
            images: the training images.
            others: further images.
            others_share: share of the examples that are of these.
            pasted_share: share of the examples whose object is pasted onto another of the training images.
            seed: of the training.
        """
        self._images = images
        self._others = others
        self._others_share = others_share if others else 0.0
        self._pasted_share = pasted_share
        self._seed = seed

    def batch(self, first: int, network: InteractiveNet) -> list[Example]:
        """Return the examples from number `first` on, after some rounds of corrections.

        In half of the batches the strokes correct the network, at most three times; in the others they correct the cut,
        at most six times.
        """
        rng = generator(self._seed, Stream.ORDER, first)
        side, count = BATCHES[rng.integers(len(BATCHES))]
        examples = map_parallel(partial(self._begin, side), range(first, first + count))
        if rng.random() < 0.5:
            for _ in range(rng.integers(_MOST_ROUNDS + 1)):
                map_parallel(Example.correct, examples, predict(network, examples) > 0)
        else:
            map_parallel(_correct_cuts, examples, [int(rng.integers(_MOST_ROUNDS_OF_CUTS + 1))] * count)
        return examples

    def _begin(self, side: int, number: int) -> Example:
        rng = generator(self._seed, Stream.VERSIONS, number)
        images = self._others if rng.random() < self._others_share else self._images
        crop = _draw_crop(images, side, rng)
        if rng.random() < self._pasted_share:
            crop = paste(crop, _draw_crop(self._images, side, rng))
        return begin(crop, rng)


def _draw_crop(images: Sequence[Sample], side: int, rng: np.random.Generator) -> Sample:
    return random_crop(images[int(rng.integers(len(images)))], side, rng)


def _correct_cuts(example: Example, rounds: int) -> None:
    for _ in range(rounds):
        example.correct(example.mask)


def begin(crop: Sample, rng: np.random.Generator) -> Example:
    """Draw the first strokes on a crop, or a whole image."""
    labels = first_strokes(crop, rng)
    return Example(crop, labels, cut(crop.image, labels), rng)


def begin_game(sample: Sample, rng: np.random.Generator) -> Example:
    """Draw the start points of a game."""
    labels = start_dots(sample, rng)
    return Example(sample, labels, cut(sample.image, labels), rng)


def begin_whole(sample: Sample, rng: np.random.Generator) -> Example:
    """Draw the first strokes on a whole image, and correct the cut up to five times."""
    example = begin(sample, rng)
    _correct_cuts(example, int(rng.integers(_MOST_ROUNDS_OF_CUTS)))
    return example


def tensors(examples: Sequence[Example]) -> tuple[Tensor, Tensor]:
    """Return the network's input: (B, 3, S, S) images in [0, 1] and (B, 7, S, S) guidance."""
    images = torch.as_tensor(np.stack([example.sample.image for example in examples])).permute(0, 3, 1, 2) / 255
    return images, torch.as_tensor(np.stack(map_parallel(Example.guidance, examples)))


@torch.no_grad()
def predict(network: InteractiveNet, examples: Sequence[Example]) -> NDArray[np.float32]:
    """Return the network's log-odds of examples of one size, (B, S, S) float32."""
    network.eval()
    device = next(network.parameters()).device
    log_odds: NDArray[np.float32] = network(*(part.to(device) for part in tensors(examples))).cpu().numpy()
    return log_odds
