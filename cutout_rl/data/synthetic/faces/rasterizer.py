"""A z-buffer rasterizer of grids and strands, which interpolates vertex attributes for shading.

Screen points are (x, y, depth): x and y in samples from the top-left corner; a larger depth is nearer to the camera.
"""

import numba
import numpy as np

from cutout_rl.data.synthetic.faces.arrays import Float32, UInt8


class Buffers:
    """The samples of one frame.

    Attributes:
        depth: (N, N) float32, -inf where nothing was drawn.
        part: (N, N) uint8, the nearest part; 0 where nothing was drawn.
        attributes: (N, N, A) float32, interpolated vertex attributes; undefined where part is 0.
    """

    def __init__(self, samples: int, n_attributes: int) -> None:
        """Create empty buffers of `samples` x `samples`; `n_attributes` is 0 for a shadow map."""
        self.depth: Float32 = np.full((samples, samples), -np.inf, dtype=np.float32)
        self.part: UInt8 = np.zeros((samples, samples), dtype=np.uint8)
        self.attributes: Float32 = np.empty((samples, samples, n_attributes), dtype=np.float32)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def draw_grid(
    screen: Float32,
    attributes: Float32,
    cover: Float32,
    closed: bool,
    part: int,
    depth: Float32,
    parts: UInt8,
    buffer: Float32,
) -> None:
    """Rasterize the quads of a grid, each as two triangles.

    Args:
        screen: (R, C, 3) screen points.
        attributes: (R, C, A) vertex attributes.
        cover: (R, C); samples at which it is negative are left out, which opens eyes and mouth.
        closed: whether the surface is closed, so that back faces are culled.
        part: 1-255, written where the grid is nearest.
        depth: (N, N), updated in place.
        parts: (N, N), updated in place.
        buffer: (N, N, A), updated in place.
    """
    rows, columns, _ = screen.shape
    height, width = depth.shape
    zero, half_sample, one = np.float32(0.0), np.float32(0.5), np.float32(1.0)
    for r in range(rows - 1):
        for c in range(columns - 1):
            for half in range(2):
                r0, c0 = r, c + half
                r1, c1 = r + 1, c
                r2, c2 = r + half, c + 1
                x0, y0 = screen[r0, c0, 0], screen[r0, c0, 1]
                x1, y1 = screen[r1, c1, 0], screen[r1, c1, 1]
                x2, y2 = screen[r2, c2, 0], screen[r2, c2, 1]
                if cover[r0, c0] < 0.0 and cover[r1, c1] < 0.0 and cover[r2, c2] < 0.0:
                    continue
                area = (x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0)
                if area == 0.0 or (closed and area > 0.0):
                    continue
                low_x, high_x = min(x0, x1, x2) + half_sample, max(x0, x1, x2) + half_sample
                low_y, high_y = min(y0, y1, y2) + half_sample, max(y0, y1, y2) + half_sample
                if high_x < 1.0 or high_y < 1.0 or low_x >= width or low_y >= height:
                    continue
                # Sample centres are half-integers. Truncation equals floor, because the sums are not negative.
                left, right = int(max(low_x, zero)), min(int(high_x), width)
                top, bottom = int(max(low_y, zero)), min(int(high_y), height)
                if left >= right or top >= bottom:
                    continue
                inverse = one / area
                # Gradients of the barycentric weights of the second and third corner.
                w1x, w1y = (y2 - y0) * inverse, (x0 - x2) * inverse
                w2x, w2y = (y0 - y1) * inverse, (x1 - x0) * inverse
                z0, z1, z2 = screen[r0, c0, 2], screen[r1, c1, 2], screen[r2, c2, 2]
                for py in range(top, bottom):
                    dy = np.float32(py) + half_sample - y0
                    for px in range(left, right):
                        dx = np.float32(px) + half_sample - x0
                        w1 = dx * w1x + dy * w1y
                        w2 = dx * w2x + dy * w2y
                        w0 = one - w1 - w2
                        if w0 < zero or w1 < zero or w2 < zero:
                            continue
                        z = w0 * z0 + w1 * z1 + w2 * z2
                        if z <= depth[py, px]:
                            continue
                        if w0 * cover[r0, c0] + w1 * cover[r1, c1] + w2 * cover[r2, c2] < zero:
                            continue
                        depth[py, px] = z
                        parts[py, px] = part
                        for a in range(buffer.shape[2]):
                            buffer[py, px, a] = (
                                w0 * attributes[r0, c0, a] + w1 * attributes[r1, c1, a] + w2 * attributes[r2, c2, a]
                            )


@numba.njit(cache=True, nogil=True, error_model="numpy")
def draw_strands(
    screen: Float32,
    attributes: Float32,
    widths: Float32,
    taper: float,
    part: int,
    depth: Float32,
    parts: UInt8,
    buffer: Float32,
) -> None:
    """Rasterize strands as ribbons that face the camera and taper towards the tips.

    Args:
        screen: (S, P, 3) screen points of S strands of P points.
        attributes: (S, P, A) vertex attributes; the last is replaced by the position across the ribbon, -1 to 1.
        widths: (S,) width of each strand's root, in samples.
        taper: share of the width lost at the tip, 0-1.
        part: 1-255, written where a strand is nearest.
        depth: (N, N), updated in place.
        parts: (N, N), updated in place.
        buffer: (N, N, A), updated in place.
    """
    strands, points, _ = screen.shape
    carried = buffer.shape[2]
    height, width = depth.shape
    for s in range(strands):
        for p in range(points - 1):
            x0, y0, z0 = screen[s, p, 0], screen[s, p, 1], screen[s, p, 2]
            x1, y1, z1 = screen[s, p + 1, 0], screen[s, p + 1, 1], screen[s, p + 1, 2]
            along = np.float32(p) / np.float32(points - 1)
            half = np.float32(0.5) * widths[s] * (np.float32(1.0) - np.float32(taper) * along * along)
            half = max(half, np.float32(0.45))
            middle_x, middle_y = int(0.5 * (x0 + x1)), int(0.5 * (y0 + y1))
            # Most hair on the far side is hidden; a segment is skipped if its middle is.
            inside = 0 <= middle_x < width and 0 <= middle_y < height
            if inside and max(z0, z1) < depth[middle_y, middle_x] - 0.15:
                continue
            left = max(int(np.ceil(min(x0, x1) - half - 0.5)), 0)
            right = min(int(np.floor(max(x0, x1) + half - 0.5)), width - 1)
            top = max(int(np.ceil(min(y0, y1) - half - 0.5)), 0)
            bottom = min(int(np.floor(max(y0, y1) + half - 0.5)), height - 1)
            dx, dy = x1 - x0, y1 - y0
            length = dx * dx + dy * dy
            if length < 1e-6:
                continue
            inverse = np.float32(1.0) / length
            across = np.sqrt(inverse) / half
            for py in range(top, bottom + 1):
                for px in range(left, right + 1):
                    qx, qy = np.float32(px + 0.5) - x0, np.float32(py + 0.5) - y0
                    side = (qx * dy - qy * dx) * across
                    if side < -1.0 or side > 1.0:
                        continue
                    t = (qx * dx + qy * dy) * inverse
                    if t < -0.15 or t > 1.15:
                        continue
                    t = min(max(t, np.float32(0.0)), np.float32(1.0))
                    z = z0 + t * (z1 - z0)
                    if z <= depth[py, px]:
                        continue
                    depth[py, px] = z
                    parts[py, px] = part
                    for a in range(carried):
                        buffer[py, px, a] = attributes[s, p, a] + t * (attributes[s, p + 1, a] - attributes[s, p, a])
                    if carried > 0:
                        buffer[py, px, carried - 1] = side
