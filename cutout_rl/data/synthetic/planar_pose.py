"""Random poses of planar objects, as homographies."""

import numpy as np
from numpy.typing import NDArray


def draw_pose(
    rng: np.random.Generator, size: float, middle: NDArray[np.float64], steepest: float, roll: float
) -> NDArray[np.float64]:
    """Draw a random perspective view of a square.

    Args:
        rng: draws tilt and distance.
        size: px; the projected area is that of an upright square of this side.
        middle: (x, y) of the centre of the projection's bounding box, px.
        steepest: largest angle between square and image plane, radians.
        roll: rotation in the plane of the square, radians.

    Returns:
        (3, 3) homography from the plane, in which the square is [-1, 1] x [-1, 1], to px.
    """
    tilt, axis = rng.uniform(0, steepest), rng.uniform(0, 2 * np.pi)
    distance = rng.uniform(2.5, 8)  # in half sides of the square
    cosine, sine = np.cos(roll), np.sin(roll)
    turned = np.array([[cosine, -sine], [sine, cosine]])
    # A rotation about an axis in the image plane moves a point towards the axis and in depth.
    across = np.array([-np.sin(axis), np.cos(axis)])
    seen = turned - (1 - np.cos(tilt)) * np.outer(across, across @ turned)
    depth = np.sin(tilt) * (across @ turned)
    pose = np.eye(3)
    pose[:2, :2], pose[2, :2] = seen, depth / distance
    square = np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])
    x, y = project(square, pose).T
    pose = np.diag([size / np.sqrt(_area(x, y))] * 2 + [1.0]) @ pose
    corners = project(square, pose)
    shift = np.eye(3)
    shift[:2, 2] = middle - (corners.min(axis=0) + corners.max(axis=0)) / 2
    return np.asarray(shift @ pose)


def project(points: NDArray[np.float64], homography: NDArray[np.float64]) -> NDArray[np.float64]:
    """Apply a homography to (N, 2) points."""
    x, y, depth = homography @ np.concatenate([points, np.ones((len(points), 1))], axis=1).T
    return np.stack([x / depth, y / depth], axis=1)


def _area(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)
