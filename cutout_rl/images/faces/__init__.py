"""Procedural faces: parametric heads rendered in 3D, with exact masks and no download."""

from cutout_rl.images.faces.source import FacesSource

__all__ = ["FacesSource"]
