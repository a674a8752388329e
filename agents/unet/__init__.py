"""The supervised yardstick: a U-Net that learns from the masks of the train split, and draws no strokes."""
