"""Puzzle grids on paper, photographed at odd angles."""

from cutout_rl.images.grids.source import GridsSource

__all__ = ["GridsSource"]
