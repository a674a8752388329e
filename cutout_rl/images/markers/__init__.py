"""Orientation markers in cluttered scenes, and scenes without one."""

from cutout_rl.images.markers.source import MarkersSource

__all__ = ["MarkersSource"]
