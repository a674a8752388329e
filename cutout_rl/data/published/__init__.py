"""Readers of published datasets and annotated images in local folders; nothing is downloaded."""

from cutout_rl.data.published.dataset_source import DatasetSource

__all__ = ["DatasetSource"]
