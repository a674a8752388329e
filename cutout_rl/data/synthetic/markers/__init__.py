"""Orientation markers in cluttered scenes, and scenes without one."""

from cutout_rl.data.synthetic.markers.marker_source import MarkersSource

__all__ = ["MarkersSource"]
