"""Procedural orientation markers in cluttered scenes, and scenes without a marker."""

from cutout_rl.data.synthetic.markers.marker_source import MarkersSource

__all__ = ["MarkersSource"]
