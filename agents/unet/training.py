"""The training loop of the U-Net."""

import math
from collections import deque
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import torch
from rich.console import Console
from torch import Tensor
from torch.nn import functional

from cutout_rl.agents.training.checkpoint import restoring
from cutout_rl.agents.training.dice_loss import dice_loss
from cutout_rl.agents.training.monitor import TrainingMonitor
from cutout_rl.agents.training.seeds import Stream, stream_seed
from cutout_rl.agents.training.training_state import generators, restore_generators
from cutout_rl.agents.unet.config import UNetConfig
from cutout_rl.agents.unet.data import TrainingBatches, class_balance, draw_labelled
from cutout_rl.agents.unet.network import UNetwork, make_network
from cutout_rl.agents.unet.predictor import UNetPredictor
from cutout_rl.data import Sample
from cutout_rl.evaluation.evaluation import held_out_factory, held_out_images
from cutout_rl.evaluation.mask_evaluation import evaluate_masks
from cutout_rl.evaluation.presence import presence_figures
from cutout_rl.runs.run_folder import FINAL, RunFolder
from cutout_rl.utils.atomic_write import write_json

STEPS_PER_ROW: Final = 25  # gradient steps between two rows of the curves; the training can stop between rows only
WARM_UP: Final = 200  # images over which the learning rate rises to its initial value
IMAGES_SHOWN: Final = 100  # newest images whose mean IoU is the training curve


def train(config: UNetConfig, run: RunFolder) -> None:
    """Train as `cutout_rl.agents.unet.algorithm.UNet.train` documents."""
    torch.set_num_threads(1)
    torch.manual_seed(stream_seed(config.seed, Stream.WEIGHTS))
    network = make_network(config, config.device)
    device = next(network.parameters()).device
    if config.encoder_weights is not None:
        network.load_encoder(Path(config.encoder_weights))
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=config.weight_decay)
    factory = held_out_factory(config.game_config(), "val")
    images = held_out_images(factory, config.eval_images)
    predictor = UNetPredictor(network, config.algo)

    def validate() -> dict[str, float]:
        evaluation = evaluate_masks(predictor, factory, images)
        row = {f"supervised{FINAL}": evaluation.final}
        if config.presence:
            row["presence"] = presence_figures(evaluation.presence)["accuracy"]
        return row

    monitor = TrainingMonitor(config, run, network, optimizer, validate)
    labelled = monitor.prepare(partial(_labelled_images, config))
    held_out = [factory.source[index] for index in images]
    batches = TrainingBatches(labelled, config.augment, config.turn, config.seed)
    _report_balance({"train": labelled, "val": held_out}, run)
    newest = deque[float](maxlen=IMAGES_SHOWN)
    if monitor.training is not None:
        with restoring(run.last_checkpoint):
            newest.extend(map(float, monitor.training["newest"]))
            restore_generators(monitor.training["generators"], device)

    def state() -> dict[str, Any]:
        return {"newest": list(newest), "generators": generators(device)}  # some encoders drop connections at random

    intervals = (config.eval_every, config.checkpoint_every)
    steps_per_row = min(STEPS_PER_ROW, *(-(-interval // config.batch_size) for interval in intervals))
    with monitor:
        while not monitor.is_over():
            monitor.between_rollouts(state())
            timesteps = monitor.timesteps
            for _ in range(steps_per_row):
                for group in optimizer.param_groups:
                    group["lr"] = config.learning_rate * learning_rate_factor(config, timesteps, monitor.share_done())
                losses, iou = _step(network, optimizer, batches, timesteps, config)
                newest.extend(iou)
                timesteps += config.batch_size
                if timesteps >= config.total_timesteps:
                    break
            for name, loss in losses.items():
                monitor.logger.record(f"train/{name}", loss)
            monitor.after_rollout(timesteps, [{"iou": iou} for iou in newest])
            monitor.logger.dump(timesteps)
        monitor.between_rollouts(state(), is_last=True)


def learning_rate_factor(config: UNetConfig, timesteps: int, done: float) -> float:
    """Return the learning rate as a share of the initial one.

    Args:
        config: of the schedule.
        timesteps: images shown so far.
        done: the completed share of the run, in [0, 1].
    """
    if config.schedule == "cosine":
        share = 0.5 * (1 + math.cos(math.pi * done))
    else:
        share = 1.0 if done < 0.6 else 0.1 if done < 0.85 else 0.01
    return share * min(1.0, (timesteps + config.batch_size) / WARM_UP)


def _labelled_images(config: UNetConfig) -> list[Sample]:
    return draw_labelled(replace(config, augment=1).open_source(), config.labelled_images, config.seed)


def _report_balance(samples: dict[str, list[Sample]], run: RunFolder) -> None:
    balances = {split: class_balance(images) for split, images in samples.items()}
    for split, balance in balances.items():
        Console().print(
            f"{split}: {balance['with_object']:,} of {balance['images']:,} images contain an object, which covers"
            f" {balance['object_share']:.1%} of their pixels on average",
            highlight=False,
        )
    write_json(run.path / "balance.json", balances)


def _step(
    network: UNetwork, optimizer: torch.optim.Optimizer, batches: TrainingBatches, first: int, config: UNetConfig
) -> tuple[dict[str, float], list[float]]:
    """Make a gradient step; return the losses by name and the IoU of each image."""
    network.train()
    device = next(network.parameters()).device
    images, truth, known = (torch.as_tensor(part, device=device) for part in batches.batch(first, config.batch_size))
    log_odds, presence = network(images)
    is_present = (truth & known).any(dim=2).any(dim=1).float()
    dice = dice_loss(log_odds, truth, known)
    # An image without an object teaches the mask nothing, for its Dice loss would be that of any false pixel.
    losses = {"dice": (dice * is_present).sum() / is_present.sum().clamp(min=1)}
    if presence is not None:
        losses["presence"] = functional.binary_cross_entropy_with_logits(presence, is_present)
    optimizer.zero_grad()
    torch.autograd.backward(torch.stack(list(losses.values())).sum())
    optimizer.step()
    return {name: loss.item() for name, loss in losses.items()}, _iou(log_odds > 0, truth, known)


def _iou(masks: Tensor, truth: Tensor, known: Tensor) -> list[float]:
    overlap, union = ((pixels & known).sum(dim=(1, 2)) for pixels in (masks & truth, masks | truth))
    iou: list[float] = torch.where(union > 0, overlap / union.clamp(min=1), 1.0).tolist()
    return iou
