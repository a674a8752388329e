"""Atari games in an environment of their own, and training on them, for the sanity study."""
