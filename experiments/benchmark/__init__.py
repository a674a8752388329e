"""The benchmark: agents x settings x seeds on held-out images, with intervals, next to the baselines."""
