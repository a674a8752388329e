"""Procedural puzzle grids on paper, photographed at odd angles."""

from cutout_rl.data.synthetic.grids.grid_source import GridsSource

__all__ = ["GridsSource"]
