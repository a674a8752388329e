"""Training a U-Net on labelled images, by the names, flags, folders and tables of the algorithms that play."""

import math
from collections import deque
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

import torch
from rich.console import Console
from stable_baselines3.common.utils import get_device
from torch import Tensor
from torch.nn import functional

from cutout_rl.agents.training.checkpoint import load_checkpoint
from cutout_rl.agents.training.monitor import TrainingMonitor
from cutout_rl.agents.unet.config import UNetConfig
from cutout_rl.agents.unet.lessons import Lessons, class_balance, draw_labelled
from cutout_rl.agents.unet.network import UNetwork, dice_loss
from cutout_rl.agents.unet.predictor import UNetPredictor
from cutout_rl.data import Sample
from cutout_rl.evaluation.evaluation import evaluate, held_out_factory
from cutout_rl.evaluation.presence import presence_figures
from cutout_rl.runs.run_folder import FINAL, RunFolder
from cutout_rl.runs.train_config import TrainConfig
from cutout_rl.utils.atomic_write import write_json
from cutout_rl.utils.errors import CutOutError

STEPS_AT_ONCE: Final = 25  # gradient steps between two rows of the curves, before and after which one may stop
WARM_UP: Final = 200  # images over which the step size rises to its first value
IMAGES_SHOWN: Final = 100  # newest ones, whose IoU the curve of the training is the mean of


class UNet:
    """Supervised segmentation as an entry point of `cutout_rl.agents`, in the sense of `MaskAlgorithm`."""

    config_type = UNetConfig

    def train(self, config: TrainConfig, run: RunFolder) -> None:
        """Learn until `config.total_timesteps` images were shown or for `config.minutes`, from any checkpoint on.

        Raises:
            CutOutError: the images or the encoder's weights cannot be used, or a checkpoint cannot be read.
            KeyboardInterrupt: the user stopped it, after the checkpoint was saved.
        """
        assert isinstance(config, UNetConfig)
        torch.set_num_threads(1)
        torch.manual_seed(config.seed)
        network = _make_network(config, config.device)
        if config.encoder_weights is not None:
            network.load_encoder(Path(config.encoder_weights))
        optimizer = torch.optim.AdamW(network.parameters(), weight_decay=config.weight_decay)
        factory = held_out_factory(config.game_config(), "val")
        predictor = UNetPredictor(network, config.algo)

        def validate() -> dict[str, float]:
            evaluation = evaluate(predictor, factory, config.eval_images)
            row = {f"supervised{FINAL}": evaluation.final}
            if config.presence and evaluation.presence is not None:
                row["presence"] = presence_figures(evaluation.presence)["accuracy"]
            return row

        monitor = TrainingMonitor(config, run, network, optimizer, validate)
        labelled = monitor.prepare(partial(_labelled_images, config))
        held_out = [factory.source[index] for index in range(min(config.eval_images, len(factory.source)))]
        _tell_balance({"train": labelled, "val": held_out}, run)
        lessons = Lessons(labelled, config.augment, config.turn, config.seed)
        newest = deque[float](monitor.training["newest"] if monitor.training else (), maxlen=IMAGES_SHOWN)
        at_once = min(STEPS_AT_ONCE, *(-(-every // config.batch_size) for every in _intervals(config)))
        with monitor:
            while not monitor.is_over():
                monitor.between_rollouts({"newest": list(newest)})
                timesteps = monitor.timesteps
                for _ in range(at_once):
                    for group in optimizer.param_groups:
                        group["lr"] = config.learning_rate * _share_of_rate(config, timesteps, monitor.share_done())
                    losses, iou = _step(network, optimizer, lessons, timesteps, config)
                    newest.extend(iou)
                    timesteps += config.batch_size
                    if timesteps >= config.total_timesteps:
                        break
                for name, loss in losses.items():
                    monitor.logger.record(f"train/{name}", loss)
                monitor.after_rollout(timesteps, [{"iou": iou} for iou in newest])
                monitor.logger.dump(timesteps)
            monitor.between_rollouts({"newest": list(newest)}, is_last=True)

    def load_predictor(self, config: TrainConfig, run: RunFolder, device: str) -> UNetPredictor:
        """Load what a run has learnt; see `cutout_rl.runs.algorithms.MaskAlgorithm`."""
        assert isinstance(config, UNetConfig)
        network = _make_network(config, device)
        load_checkpoint(run.best_checkpoint, network)
        return UNetPredictor(network, config.algo)

    def load_player(self, config: TrainConfig, run: RunFolder, deterministic: bool, device: str) -> NoReturn:
        """Refuse: a U-Net makes no moves.

        Raises:
            CutOutError: always.
        """
        raise CutOutError(
            f"{run.path} is a run of {config.algo}, which answers with masks and draws no strokes; compare it with"
            f" those that do by python -m cutout_rl.evaluate {run.path}."
        )


def _make_network(config: UNetConfig, device: str) -> UNetwork:
    network = UNetwork(config.encoder, config.observation_size, config.decoder_channels, config.presence)
    return network.to(get_device(device))


def _labelled_images(config: UNetConfig) -> list[Sample]:
    source = replace(config.game_config(), augment=1).open_source()
    return draw_labelled(source, config.labelled_images, config.seed)


def _tell_balance(samples: dict[str, list[Sample]], run: RunFolder) -> None:
    balances = {split: class_balance(images) for split, images in samples.items()}
    for split, balance in balances.items():
        Console().print(
            f"{split}: {balance['with_object']:,} of {balance['images']:,} images hold an object, which covers"
            f" {balance['object_share']:.1%} of them in the mean",
            highlight=False,
        )
    write_json(run.path / "balance.json", balances)


def _intervals(config: UNetConfig) -> tuple[int, int]:
    return config.eval_every, config.checkpoint_every


def _share_of_rate(config: UNetConfig, timesteps: int, done: float) -> float:
    """Give the step size as a share of the first one, `done` being the share of the run that is over."""
    if config.schedule == "cosine":
        share = 0.5 * (1 + math.cos(math.pi * done))
    else:
        share = 1.0 if done < 0.6 else 0.1 if done < 0.85 else 0.01
    return share * min(1.0, (timesteps + config.batch_size) / WARM_UP)


def _step(
    network: UNetwork, optimizer: torch.optim.Optimizer, lessons: Lessons, first: int, config: UNetConfig
) -> tuple[dict[str, float], list[float]]:
    """Make a gradient step, and give the losses by name and the IoU of each image."""
    network.train()
    device = next(network.parameters()).device
    images, truth, known = (torch.as_tensor(part, device=device) for part in lessons.batch(first, config.batch_size))
    odds, presence = network(images)
    losses = {"dice": dice_loss(odds, truth, known)}
    if presence is not None:
        shown = truth.any(dim=2).any(dim=1).float()
        losses["presence"] = functional.binary_cross_entropy_with_logits(presence, shown)
    optimizer.zero_grad()
    torch.autograd.backward(torch.stack(list(losses.values())).sum())
    optimizer.step()
    return {name: loss.item() for name, loss in losses.items()}, _iou(odds > 0, truth, known)


def _iou(masks: Tensor, truth: Tensor, known: Tensor) -> list[float]:
    overlap, union = ((pixels & known).sum(dim=(1, 2)) for pixels in (masks & truth, masks | truth))
    iou: list[float] = torch.where(union > 0, overlap / union.clamp(min=1), 1.0).tolist()
    return iou
