"""The robot user of interactive segmentation: any method, clicked by the published rules."""
