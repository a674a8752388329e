"""CutOut-RL: agents that cut objects out of images with two pens."""
