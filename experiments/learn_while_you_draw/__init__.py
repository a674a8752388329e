"""How much a network learns from a person's strokes, by where the person draws them."""
