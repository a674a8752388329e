"""A network that sees an image, the strokes so far and their mask, and agents that plan with it."""
