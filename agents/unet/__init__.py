"""A U-Net trained on masks: the fully supervised baseline, which draws no strokes."""
