"""Training of the object prior's network on the scores of played masks, without ground truth."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import torch
from torch import Tensor

from cutout_rl.agents.networks.object_prior_net import ObjectPriorNet
from cutout_rl.agents.training.checkpoint import part_of
from cutout_rl.agents.training.episode_buffer import Episode, EpisodeBuffer
from cutout_rl.agents.training.episode_recorder import EpisodeRecorder
from cutout_rl.agents.training.object_prior_training import mask_loss, random_starts
from cutout_rl.agents.training.optimizer_tensors import load_optimizer_tensors, optimizer_tensors
from cutout_rl.agents.training.prior_augmentation import Augment
from cutout_rl.agents.training.reward_posterior import iou_equations, posterior
from cutout_rl.agents.training.seeds import Stream, stream_seed
from cutout_rl.utils.progress import track

_BATCH: Final = 16  # episodes in a gradient step
_MASKS: Final = 32  # of an episode in an E-step
_M_STEPS: Final = 2  # gradient steps for each E-step, which costs half as much as they do
# Both were chosen on episodes of the train split, by the IoU of the posterior: .946 with 16 masks, 4 px and 5; .953 so.
_TOLERANCE: Final = 1.0  # px; masks are shrunk to 64 px, the IoU is that of the full size
_MOST_LOG_ODDS: Final = 8.0  # of the prior in the posterior, so that the scores can overrule it
_PEAK_RATE: Final = 4e-3


class RewardPriorLearner:
    """Expectation-maximisation with the object's pixels as hidden variables.

    An IoU is a linear equation of the unknown object (`iou_equations`). The E-step computes the posterior of the pixels
    that is nearest to the network's prediction and agrees with the scores of an episode's masks (`posterior`); the
    M-step trains the network on the posterior as on a mask.

    Attributes:
        episodes: the newest episodes.
        recorder: records the episodes that a batch of games plays, once `record` was called.
    """

    recorder: EpisodeRecorder | None = None

    def __init__(self, net: ObjectPriorNet, capacity: int, augment: Augment, seed: int) -> None:
        """Start without episodes.

        Args:
            net: the network, trained in place; frozen between calls of `learn`.
            capacity: most episodes to keep.
            augment: changes images and posteriors.
            seed: of the training.
        """
        self.episodes = EpisodeBuffer(capacity)
        self._net = net
        self._augment = augment
        self._generator = torch.Generator().manual_seed(stream_seed(seed, Stream.PRIOR_REPLAY))
        self._optimizer = torch.optim.Adam(net.parameters())

    def record(self, n_games: int, step_count: int) -> EpisodeRecorder:
        """Return a new recorder of games of at most `step_count` actions, whose running episodes a checkpoint holds."""
        self.recorder = EpisodeRecorder(n_games, step_count, self.episodes)
        return self.recorder

    def learn_first(self, steps: int, after_step: Callable[[int], None] = lambda steps: None) -> None:
        """Train on the first episodes; the learning rate rises to 4e-3 and falls to 0 (one-cycle).

        Args:
            steps: number of gradient steps, of 16 episodes each.
            after_step: called with the number of gradient steps after each of them.
        """
        schedule = torch.optim.lr_scheduler.OneCycleLR(self._optimizer, _PEAK_RATE, max(steps, 2))
        for step in track(range(steps), "learning the object prior from rewards"):
            self._step(step)
            schedule.step()
            after_step(step + 1)

    def learn(self, steps: int, learning_rate: float) -> float:
        """Make gradient steps at a learning rate; return the mean loss."""
        for group in self._optimizer.param_groups:
            group["lr"], group["betas"] = learning_rate, (0.9, 0.999)  # the one-cycle schedule changes both
        return float(np.mean([self._step(step) for step in range(steps)]))

    def _step(self, step: int) -> float:
        if step % _M_STEPS == 0:
            images, starts, masks, ious = self._draw()
            self._images, self._truth = images, self._expect(images, starts, masks, ious)
        augmented, truth = self._augment(self._images, self._truth, self._generator)
        starts = random_starts(truth, self._generator)
        device = next(self._net.parameters()).device
        self._net.requires_grad_(True).train()
        loss = mask_loss(self._net(augmented.to(device), starts.to(device)), truth.to(device))
        torch.autograd.backward(loss)
        self._optimizer.step()
        self._optimizer.zero_grad()  # the policy's optimizer holds the same weights, which it must leave alone
        self._net.requires_grad_(False)
        return float(loss.item())

    @torch.no_grad()
    def _expect(self, images: Tensor, starts: Tensor, masks: Tensor, ious: Tensor) -> Tensor:
        """Return the posterior of the object's pixels, (B, 64, 64)."""
        self._net.eval()  # the policy's training switches it to training, too
        device = next(self._net.parameters()).device
        masks, ious = masks.to(device), ious.to(device)
        log_odds = self._net(images.to(device), starts.to(device))
        prior = log_odds.flatten(1).clamp(-_MOST_LOG_ODDS, _MOST_LOG_ODDS)
        return posterior(prior, *iou_equations(masks.flatten(2), ious), _TOLERANCE).reshape(log_odds.shape).cpu()

    def _draw(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Draw episodes with replacement: (B, 3, 64, 64) images, starts, (B, 32, 64, 64) masks in [0, 1] and IoUs."""
        which = torch.randint(len(self.episodes), (_BATCH,), generator=self._generator).tolist()
        episodes = [self._draw_masks(self.episodes[index]) for index in which]
        images, starts, masks, ious = (torch.as_tensor(np.stack(parts)) for parts in zip(*episodes, strict=True))
        return images.permute(0, 3, 1, 2) / 255, starts, masks / 255, ious

    def _draw_masks(self, episode: Episode) -> Episode:
        """Draw 32 of the masks that have a score; masks without one fill up."""
        known = np.flatnonzero(np.isfinite(episode.ious))
        order = torch.randperm(len(known), generator=self._generator).numpy()[:_MASKS]
        masks = np.zeros((_MASKS, *episode.masks.shape[1:]), np.uint8)
        ious = np.full(_MASKS, np.nan, np.float32)
        masks[: len(order)], ious[: len(order)] = episode.masks[known[order]], episode.ious[known[order]]
        return episode._replace(masks=masks, ious=ious)

    def tensors(self) -> dict[str, Tensor]:
        """Return what the next steps depend on beside the network's weights, for a checkpoint."""
        parts = {"episodes": self.episodes.tensors(), "optimizer": optimizer_tensors(self._optimizer)}
        if self.recorder is not None:
            parts["recorder"] = self.recorder.tensors()
        named = {f"{part}.{name}": tensor for part, tensors in parts.items() for name, tensor in tensors.items()}
        return {"generator": self._generator.get_state(), **named}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Restore the result of `tensors`.

        Raises:
            CutOutError: it does not fit together.
        """
        self._generator.set_state(tensors["generator"])
        self.episodes.restore(part_of(tensors, "episodes."))
        load_optimizer_tensors(self._optimizer, part_of(tensors, "optimizer."))
        if self.recorder is not None:
            self.recorder.restore(part_of(tensors, "recorder."))
