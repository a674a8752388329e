"""Stable-Baselines3's own PPO learns the game: python docs/examples/train_sb3.py SEED STEPS IMAGES."""

import sys

import torch
from stable_baselines3 import PPO

from cutout_rl.agents.baselines.scripted import RandomPens
from cutout_rl.agents.training.sb3_vec_env import CutOutVecEnv
from cutout_rl.evaluation.evaluation import evaluate, held_out_factory
from cutout_rl.game.config import GameConfig


class Trained:
    """The model as a player of the evaluation."""

    sees_truth = False

    def __init__(self, greedy: bool) -> None:
        """Choose the likeliest move, or draw from the moves' probabilities."""
        self.label, self.greedy = "PPO, greedy" if greedy else "PPO, sampled", greedy

    def act(self, observations, games):
        """Choose a move in each game."""
        return model.predict(observations, deterministic=self.greedy)[0]


seed, steps, images = map(int, sys.argv[1:])
torch.set_num_threads(1)  # a second torch thread would only take the games' core
recipe = {"n_steps": 64, "batch_size": 512, "n_epochs": 4, "gamma": 0.9, "ent_coef": 0.003}
games = CutOutVecEnv(n_envs=32)
model = PPO("CnnPolicy", games, learning_rate=lambda left: 7e-4 * max(left, 0), seed=seed, device="cpu", **recipe)
model.learn(steps)
model.save(f"sb3-{seed}")
held_out = held_out_factory(GameConfig(), "val")
for player in (RandomPens(), Trained(greedy=True), Trained(greedy=False)):
    print(f"{player.label}: {evaluate(player, held_out, range(images)).final:.3f}")
