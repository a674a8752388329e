"""The study of how the online network learns from a user's strokes, by where the user draws them."""
