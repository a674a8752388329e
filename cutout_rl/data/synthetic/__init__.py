"""Procedural images with exact masks, drawn from a seed."""
