"""Model cards of pretrained agents."""
