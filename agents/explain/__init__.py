"""Figures and measures that explain a policy: saliency, activations, field of view, strokes."""
