"""Utilities without knowledge of the game: errors, choices, atomic writes, commands, figures, threads."""
