"""Search for strokes on the cut in hand, and players that do it."""
