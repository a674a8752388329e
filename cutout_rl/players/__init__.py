"""The interfaces of players and predictors, and the registry of baselines."""
