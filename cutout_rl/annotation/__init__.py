"""Cutting out images without ground truth, and writing the masks for other tools."""
