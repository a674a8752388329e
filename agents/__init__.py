"""The players: learning algorithms, scripted players, networks, checkpoints."""
