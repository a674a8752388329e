"""The scratch memory of each thread."""

from threading import local

from cutout_rl.segmenters.graph_cut_state import Scratch, allocate_scratch

# A thread keeps the memory of its newest image size, unless that is so large that it would hold much of it idle.
_LARGEST_KEPT = 1024 * 512
_kept = local()


def thread_scratch(height: int, width: int) -> Scratch:
    """Return this thread's scratch memory for images of one size."""
    if height * width > _LARGEST_KEPT:
        return allocate_scratch(height, width)
    if getattr(_kept, "shape", None) != (height, width):
        _kept.shape, _kept.scratch = (height, width), allocate_scratch(height, width)
    scratch: Scratch = _kept.scratch
    return scratch
