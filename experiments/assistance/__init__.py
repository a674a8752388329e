"""The study of how many strokes an agent saves a user."""
