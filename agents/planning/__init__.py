"""Search for strokes in copies of a game, and the players that search."""
