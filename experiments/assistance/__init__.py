"""The study of how many of a person's strokes an agent's help saves."""
