"""Procedural objects: random shapes and figures in cluttered scenes, with exact masks."""

from cutout_rl.data.synthetic.objects.object_source import ObjectsSource

__all__ = ["ObjectsSource"]
