"""The browser page: its server, and the drawing, annotating and playing behind it."""
