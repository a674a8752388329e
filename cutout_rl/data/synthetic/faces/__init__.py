"""Procedural faces: parametric 3D heads with exact masks, without a download."""

from cutout_rl.data.synthetic.faces.face_source import FacesSource

__all__ = ["FacesSource"]
