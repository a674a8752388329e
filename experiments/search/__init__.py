"""Hyperparameter search for an agent with Ray Tune and Optuna, many runs in parallel."""
