"""Why objects of annotated images are left out."""

from cutout_rl.data.left_out import LeftOut


def too_small(name: str) -> LeftOut:
    """Return the record of an object that, or whose background, is too small to be played."""
    return LeftOut(
        "object that covers, or leaves to the background, less than 1/200 of the square",
        "objects that cover, or leave to the background, less than 1/200 of the square",
        name,
    )


def other_class(name: str) -> LeftOut:
    """Return the record of an object of another class than the chosen one."""
    return LeftOut("object of another class", "objects of other classes", name)


def crowd(name: str) -> LeftOut:
    """Return the record of an annotation of several objects at once."""
    return LeftOut(
        "crowd, which is read if its iscrowd is set to 0", "crowds, which are read if their iscrowd is set to 0", name
    )


def without_objects(name: str) -> LeftOut:
    """Return the record of an image in which nothing was annotated."""
    return LeftOut("image without annotations", "images without annotations", name)
