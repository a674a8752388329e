"""Procedural objects of no class: shapes and figures with painted surfaces in cluttered scenes, with exact masks."""

from cutout_rl.images.objects.source import ObjectsSource

__all__ = ["ObjectsSource"]
