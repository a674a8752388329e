"""Playing held-out images and scoring the result."""
