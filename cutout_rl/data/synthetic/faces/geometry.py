"""Geometry kernels: affine maps, normals, projection and vertex attributes."""

import numba
import numpy as np

from cutout_rl.data.synthetic.faces.arrays import Float32

ATTRIBUTES = 8
"""Number of attributes of a sample."""


@numba.njit(cache=True, nogil=True, error_model="numpy")
def affine(points: Float32, frame: Float32) -> Float32:
    """Apply a (3, 4) affine map to (A, B, 3) points."""
    moved = np.empty_like(points)
    for i in range(points.shape[0]):
        for j in range(points.shape[1]):
            x, y, z = points[i, j, 0], points[i, j, 1], points[i, j, 2]
            for k in range(3):
                moved[i, j, k] = frame[k, 0] * x + frame[k, 1] * y + frame[k, 2] * z + frame[k, 3]
    return moved


@numba.njit(cache=True, nogil=True, error_model="numpy")
def grid_normals(points: Float32) -> Float32:
    """Compute the (R, C, 3) unit normals of a grid of (R, C, 3) points by central differences."""
    rows, columns, _ = points.shape
    normals = np.empty_like(points)
    for r in range(rows):
        up, down = max(r - 1, 0), min(r + 1, rows - 1)
        for c in range(columns):
            left, right = max(c - 1, 0), min(c + 1, columns - 1)
            ax = points[r, right, 0] - points[r, left, 0]
            ay = points[r, right, 1] - points[r, left, 1]
            az = points[r, right, 2] - points[r, left, 2]
            bx = points[up, c, 0] - points[down, c, 0]
            by = points[up, c, 1] - points[down, c, 1]
            bz = points[up, c, 2] - points[down, c, 2]
            nx, ny, nz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
            size = np.float32(1.0) / max(np.sqrt(nx * nx + ny * ny + nz * nz), np.float32(1e-12))
            normals[r, c, 0], normals[r, c, 1], normals[r, c, 2] = nx * size, ny * size, nz * size
    return normals


@numba.njit(cache=True, nogil=True, error_model="numpy")
def project(points: Float32, camera: Float32) -> Float32:
    """Project (A, B, 3) points from view space to the screen.

    `camera` holds the centre (x, y) and the focal length in samples, and the distance in head units.
    """
    screen = np.empty_like(points)
    for i in range(points.shape[0]):
        for j in range(points.shape[1]):
            z = points[i, j, 2]
            zoom = camera[2] / (camera[3] - z)
            screen[i, j, 0] = camera[0] + points[i, j, 0] * zoom
            screen[i, j, 1] = camera[1] - points[i, j, 1] * zoom
            screen[i, j, 2] = z
    return screen


@numba.njit(cache=True, nogil=True, error_model="numpy")
def grid_attributes(normals: Float32, texture: Float32, cover: Float32) -> Float32:
    """Concatenate (R, C, 3) normals, (R, C, 4) texture and (R, C) cover to (R, C, 8)."""
    rows, columns = cover.shape
    attributes = np.empty((rows, columns, ATTRIBUTES), dtype=np.float32)
    for r in range(rows):
        for c in range(columns):
            for k in range(3):
                attributes[r, c, k] = normals[r, c, k]
            for k in range(4):
                attributes[r, c, 3 + k] = texture[r, c, k]
            attributes[r, c, 7] = cover[r, c]
    return attributes


@numba.njit(cache=True, nogil=True, error_model="numpy")
def strand_attributes(points: Float32, centre: Float32, shade: Float32) -> Float32:
    """Compute (S, P, 8) strand attributes: normals of a sphere about `centre`, tangents and shades."""
    strands, count, _ = points.shape
    attributes = np.empty((strands, count, ATTRIBUTES), dtype=np.float32)
    for s in range(strands):
        for p in range(count):
            before, after = max(p - 1, 0), min(p + 1, count - 1)
            for k in range(3):
                attributes[s, p, k] = points[s, p, k] - centre[k]
                attributes[s, p, 3 + k] = points[s, after, k] - points[s, before, k]
            # Roots are shaded by the hair above them.
            attributes[s, p, 6] = shade[s] * np.float32(0.7 + 0.4 * p / (count - 1))
            attributes[s, p, 7] = 0.0
    return attributes
