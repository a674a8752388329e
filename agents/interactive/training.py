"""The training loop of the interactive network."""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.utils import get_device
from torch import Tensor
from torch.nn import functional

from cutout_rl.agents.interactive.config import InteractiveConfig
from cutout_rl.agents.interactive.iou_estimate import Calibration, calibrate, expected_overlap
from cutout_rl.agents.interactive.network import InteractiveNet
from cutout_rl.agents.interactive.object_estimator import ObjectEstimator
from cutout_rl.agents.interactive.training_crops import random_crop
from cutout_rl.agents.interactive.training_examples import (
    Example,
    TrainingExamples,
    begin,
    begin_game,
    begin_whole,
    predict,
    tensors,
)
from cutout_rl.agents.planning.labelled_cut import cut
from cutout_rl.agents.training.checkpoint import load_checkpoint, restoring
from cutout_rl.agents.training.dice_loss import dice_loss
from cutout_rl.agents.training.monitor import TrainingMonitor
from cutout_rl.agents.training.parallel_reading import read_images
from cutout_rl.agents.training.seeds import Stream, generator, stream_seed
from cutout_rl.data import DataSource, Sample, Split
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.runs.pretrained import find_run
from cutout_rl.runs.run_folder import FINAL, RunFolder
from cutout_rl.utils.threads import map_parallel

_SOURCE_SIDE: Final = 320  # px, at which photographs are read
_OTHER_SIDE: Final = 192  # px, of further images, most of which are drawn
_VALIDATION_SIDE: Final = 160
_VALIDATION_BATCH: Final = 25
_CORRECTIONS: Final = 3  # in the validation
_ENCODER_RATE: Final = 0.2  # of the learning rate
_WARM_UP: Final = 500  # crops over which the learning rate rises
_STEPS_PER_ROW: Final = 10  # gradient steps between two rows of the curves
_CROPS_SHOWN: Final = 200  # newest crops whose mean IoU is the training curve
_LARGEST_GRADIENT: Final = 5.0  # norm


def train(config: InteractiveConfig, run: RunFolder) -> None:
    """Train as `cutout_rl.agents.interactive.algorithm.Interactive.train` documents."""
    torch.manual_seed(stream_seed(config.seed, Stream.WEIGHTS))
    network = InteractiveNet().to(get_device(config.device))
    if not run.last_checkpoint.exists():
        _initialise(network, config)
    encoder = list(network.encoder.parameters())
    remaining = [weight for name, weight in network.named_parameters() if not name.startswith("encoder.")]
    optimizer = torch.optim.AdamW([{"params": remaining}, {"params": encoder}], weight_decay=config.weight_decay)
    held_out = _open(config, "val")
    shown = [held_out[i] for i in range(min(len(held_out), config.eval_images))]
    others = _read_others(config, "val", len(shown) // 2)
    monitor = TrainingMonitor(config, run, network, optimizer, partial(_validate, network, shown, others))
    examples = monitor.prepare(partial(_examples, config))
    newest = deque[float](maxlen=_CROPS_SHOWN)
    if monitor.training is not None:
        with restoring(run.last_checkpoint):
            newest.extend(monitor.training["newest"])
    with monitor:
        while not monitor.is_over():
            monitor.between_rollouts({"newest": list(newest)})
            timesteps = monitor.timesteps
            for _ in range(_STEPS_PER_ROW):
                batch = examples.batch(timesteps, network)
                rate = config.learning_rate * learning_rate_factor(timesteps, monitor.share_done())
                for group, factor in zip(optimizer.param_groups, (1.0, _ENCODER_RATE), strict=True):
                    group["lr"] = rate * factor
                loss, ious = _step(network, optimizer, batch)
                newest.extend(ious)
                timesteps += len(batch)
                if timesteps >= config.total_timesteps:
                    break
            monitor.logger.record("train/loss", loss)
            monitor.after_rollout(timesteps, [{"iou": iou} for iou in newest])
            monitor.logger.dump(timesteps)
        monitor.between_rollouts({"newest": list(newest)}, is_last=True)


def learning_rate_factor(timesteps: int, done: float) -> float:
    """Return the learning rate as a share of the initial one: a linear rise, then half a cosine to 0.

    Args:
        timesteps: crops shown so far.
        done: the completed share of the run, in [0, 1].
    """
    return 0.5 * (1 + math.cos(math.pi * done)) * min(1.0, (timesteps + 1) / _WARM_UP)


def loss_of(log_odds: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """Compute binary cross-entropy plus Dice loss (Milletari et al., 3DV 2016) over the known pixels.

    Args:
        log_odds: (B, S, S).
        truth: (B, S, S) in [0, 1].
        known: (B, S, S), 0 on void pixels and 1 on others.
    """
    entropy = functional.binary_cross_entropy_with_logits(log_odds, truth, reduction="none") * known
    mean_entropy = entropy.sum(dim=(1, 2)) / known.sum(dim=(1, 2)).clamp(min=1)
    return (mean_entropy + dice_loss(log_odds, truth, known)).mean()


def _initialise(network: InteractiveNet, config: InteractiveConfig) -> None:
    if config.start_from is None:
        network.encoder.load_published()
    else:
        load_checkpoint(find_run(config.start_from).best_checkpoint, network)


def _open(config: InteractiveConfig, split: Split) -> DataSource:
    return replace(config, split=split, image_size=_SOURCE_SIDE).open_source()


def _examples(config: InteractiveConfig) -> TrainingExamples:
    images = _read(_open(config, "train"), "training images")
    others = _read_others(config, "train", config.also_images)
    return TrainingExamples(images, others, config.also_share, config.pasted_share, config.seed)


def _read_others(config: InteractiveConfig, split: Split, most: int) -> list[Sample]:
    """Read up to so many images of each further source."""
    others: list[Sample] = []
    for data in config.also:
        chosen = replace(config, data=data, masks=None, masks_class=None, split=split, image_size=_OTHER_SIDE)
        source = chosen.open_source()
        others += _read(source, f"images of {data}", most)
    return others


def _read(source: DataSource, description: str, most: int | None = None) -> list[Sample]:
    count = len(source) if most is None else min(most, len(source))
    return read_images(source.__getitem__, range(count), description)


def _step(network: InteractiveNet, optimizer: torch.optim.Optimizer, batch: list[Example]) -> tuple[float, list[float]]:
    """Make a gradient step; return the loss and the IoU of each crop."""
    network.train()
    device = next(network.parameters()).device
    images, guides = (part.to(device) for part in tensors(batch))
    truth = torch.as_tensor(np.stack([example.sample.mask for example in batch]), device=device).float()
    known = torch.as_tensor(np.stack([~example.sample.void for example in batch]), device=device).float()
    log_odds = network(images, guides)
    loss = loss_of(log_odds, truth, known)
    optimizer.zero_grad()
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(network.parameters(), _LARGEST_GRADIENT)
    optimizer.step()
    return loss.item(), _ious((log_odds.detach() > 0).cpu().numpy(), batch)


def _validate(network: InteractiveNet, samples: list[Sample], others: list[Sample]) -> dict[str, float]:
    """Measure the network on fixed crops, after their first strokes and after three corrections of its mask.

    The estimate of the IoU is calibrated as well, on these images and on others.
    """
    first: list[float] = []
    corrected: list[float] = []
    for start in range(0, len(samples), _VALIDATION_BATCH):
        part = samples[start : start + _VALIDATION_BATCH]
        rngs = [generator(0, Stream.VALIDATION, start + i) for i in range(len(part))]
        crops = map_parallel(random_crop, part, [_VALIDATION_SIDE] * len(part), rngs)
        examples = map_parallel(begin, crops, rngs)
        masks = predict(network, examples) > 0
        first += _ious(masks, examples)
        for _ in range(_CORRECTIONS):
            map_parallel(Example.correct, examples, masks)
            masks = predict(network, examples) > 0
        corrected += _ious(masks, examples)
    network.calibration.copy_(torch.tensor(_calibration(network, samples, others)))
    return {f"network{FINAL}": float(np.mean(first)), "network_corrected": float(np.mean(corrected))}


def _calibration(network: InteractiveNet, samples: list[Sample], others: list[Sample]) -> Calibration:
    """Calibrate the estimate of the IoU on whole images: of the cut with the network as prior, after a few strokes.

    Of `samples` also from the start points of a game.
    """
    estimator = ObjectEstimator(network)
    overlaps: list[float] = []
    strokes: list[int] = []
    ious: list[float] = []
    rngs = [generator(1, Stream.VALIDATION, number) for number in range(2 * len(samples) + len(others))]
    examples = map(begin_whole, [*samples, *others], rngs)
    for example in chain(examples, map(begin_game, samples, rngs[len(samples) + len(others) :])):
        sample = example.sample
        log_odds = estimator(sample.image, example.labels, example.mask)
        mask = cut(sample.image, example.labels, log_odds)
        overlaps.append(expected_overlap(log_odds, mask))
        strokes.append(cv2.connectedComponents((example.labels > 0).view(np.uint8))[0] - 1)
        ious += _ious([mask], [example])
    return calibrate(overlaps, strokes, ious)


def _ious(masks: Iterable[NDArray[np.bool_]], examples: list[Example]) -> list[float]:
    return [
        intersection_over_union(mask, example.sample.mask, example.sample.void)
        for mask, example in zip(masks, examples, strict=True)
    ]
