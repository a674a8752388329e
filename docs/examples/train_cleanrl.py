"""PPO in CleanRL's style learns the game: python docs/examples/train_cleanrl.py SEED STEPS."""

import sys

import gymnasium as gym
import torch
from torch import nn
from torch.distributions import Categorical

import cutout_rl  # noqa: F401 - registers the environment

seed, total_steps = map(int, sys.argv[1:])
n_envs, n_steps, n_epochs, batch_size, gamma, gae_lambda = 32, 60, 4, 480, 0.9, 0.95
torch.manual_seed(seed)
torch.set_num_threads(1)  # a second torch thread would only take the games' core
games = gym.make_vec("cutout_rl/CutOut-v0", num_envs=n_envs, autoreset_mode="SameStep")
trunk = nn.Sequential(nn.Conv2d(6, 32, 8, 4), nn.ReLU(), nn.Conv2d(32, 64, 4, 2), nn.ReLU(), nn.Flatten())
heads = nn.ModuleList([nn.Sequential(nn.Linear(2304, 256), nn.ReLU(), nn.Linear(256, n)) for n in (16, 1)])
optimizer = torch.optim.Adam([*trunk.parameters(), *heads.parameters()], 7e-4, eps=1e-5)


def agent(pixels):
    """Return the distribution of the moves and the values of the states."""
    actor, critic = (head(trunk(pixels.permute(0, 3, 1, 2) / 255)) for head in heads)
    return Categorical(logits=actor), critic[:, 0]


pixels, done = torch.as_tensor(games.reset(seed=seed)[0]), torch.zeros(n_envs)
for update in range(total_steps // (n_envs * n_steps)):
    steps = []
    for _ in range(n_steps):
        with torch.no_grad():
            moves, value = agent(pixels)
        action, before = moves.sample(), (pixels, done)
        pixels, reward, done, _, info = games.step(action.numpy())  # nothing is ever truncated
        pixels, done = torch.as_tensor(pixels), torch.as_tensor(done, dtype=torch.float32)
        steps.append((*before, action, moves.log_prob(action), value, torch.as_tensor(reward, dtype=torch.float32)))
    pixels_, dones, actions, log_probs, values, rewards = map(torch.stack, zip(*steps, strict=True))
    with torch.no_grad():
        next_values = torch.cat([values[1:], agent(pixels)[1][None]])
    goes_on = 1 - torch.cat([dones[1:], done[None]])
    deltas = rewards + gamma * goes_on * next_values - values
    advantages = deltas.clone()
    for step in reversed(range(n_steps - 1)):
        advantages[step] += gamma * gae_lambda * goes_on[step] * advantages[step + 1]
    batch = [part.flatten(0, 1) for part in (pixels_, actions, log_probs, advantages, advantages + values)]
    for indices in (i for _ in range(n_epochs) for i in torch.randperm(n_envs * n_steps).split(batch_size)):
        seen, action, log_prob, advantage, value_target = (part[indices] for part in batch)
        moves, value = agent(seen)
        ratio = (moves.log_prob(action) - log_prob).exp()
        advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
        policy_loss = -torch.min(advantage * ratio, advantage * ratio.clamp(0.8, 1.2)).mean()
        loss = policy_loss - 0.003 * moves.entropy().mean() + 0.5 * (value - value_target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_([*trunk.parameters(), *heads.parameters()], 0.5)
        optimizer.step()
    print(f"{(update + 1) * n_envs * n_steps} steps, mean final IoU {info['final_info']['iou'].mean():.3f}", flush=True)
