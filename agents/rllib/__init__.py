"""PPO by RLlib, whose games are played by many processes, on as many machines as a Ray cluster has."""
