"""The game: rules, strokes, start points, reward, observation, settings, rendering, and the batch."""
