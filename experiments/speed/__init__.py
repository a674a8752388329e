"""The speed of a step, of its parts, of cold solvers, by image and batch size, and of training."""
