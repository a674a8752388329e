"""The click benchmark of interactive segmentation."""
