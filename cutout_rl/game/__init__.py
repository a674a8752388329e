"""The game: its rules, its strokes, its state."""
