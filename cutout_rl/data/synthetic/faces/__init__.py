"""Procedural faces: parametric heads rendered in 3D, with exact masks and no download."""

from cutout_rl.data.synthetic.faces.face_source import FacesSource

__all__ = ["FacesSource"]
