"""What the training loops share: vectorised environment, monitor, checkpoints, state."""
