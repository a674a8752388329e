"""Procedural objects of no class: shapes and figures with painted surfaces in cluttered scenes, with exact masks."""

from cutout_rl.data.synthetic.objects.object_source import ObjectsSource

__all__ = ["ObjectsSource"]
