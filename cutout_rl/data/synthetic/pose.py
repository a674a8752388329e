"""Flat things in space, as a camera sees them."""

import numpy as np
from numpy.typing import NDArray


def draw_pose(
    rng: np.random.Generator, size: float, middle: NDArray[np.float64], steepest: float, roll: float
) -> NDArray[np.float64]:
    """Tilt a square at random and look at it in perspective.

    Args:
        rng: decides how the square is tilted and from how far it is seen.
        size: px; the square's picture is as large as an upright square of that side.
        middle: (x, y) of the middle of the picture's bounding box, px.
        steepest: largest angle between the square and the picture, radians.
        roll: that it is turned by in its plane, radians.

    Returns:
        (3, 3) homography from the plane, in which the square is [-1, 1] x [-1, 1], to px.
    """
    tilt, axis = rng.uniform(0, steepest), rng.uniform(0, 2 * np.pi)
    distance = rng.uniform(2.5, 8)  # in halves of the square's side
    cosine, sine = np.cos(roll), np.sin(roll)
    turned = np.array([[cosine, -sine], [sine, cosine]])
    # Turned about an axis in the plane of the picture, a point moves towards the axis and in depth.
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
    """Carry (N, 2) points over by a homography."""
    x, y, depth = homography @ np.concatenate([points, np.ones((len(points), 1))], axis=1).T
    return np.stack([x / depth, y / depth], axis=1)


def _area(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)
