"""How long the page lets a person wait for a mask."""
