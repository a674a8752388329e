"""PPO by RLlib, which plays the games in many processes on a Ray cluster."""
