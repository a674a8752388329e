"""Searching for the hyperparameters of an agent, many runs at once, by Ray Tune and Optuna."""
