"""The page: people cut, play and annotate in a browser, with the segmenter and the agents of the game."""
