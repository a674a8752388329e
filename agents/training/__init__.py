"""The machinery of training: games for Stable-Baselines3, checkpoints, monitoring, the object prior."""
