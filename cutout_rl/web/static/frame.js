// Decoding of the server's frames: facts, scribbles and mask; see cutout_rl/web/frame.py.

export function decodeFrame(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const facts = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const runs = new Uint32Array(buffer, 4 + length);
  const values = new Uint8Array(facts.width * facts.height); // bit 0: mask; the bits above: label
  let at = 0;
  for (const run of runs) {
    const end = at + (run >>> 3);
    values.fill(run & 7, at, end);
    at = end;
  }
  return { facts, values };
}

// Returns the outline of the mask in pixels of the view, as closed lines with a point at each corner only: with a point
// per pixel the browser takes twice as long to draw it.
export function outlineOf({ facts: { width, height }, values }) {
  const path = new Path2D();
  const seen = new Uint8Array(values.length); // pixels whose upper edge has been traced
  const isInside = (column, row) =>
    column >= 0 && column < width && row >= 0 && row < height && (values[row * width + column] & 1) === 1;
  const isUpper = (i) => (values[i] & 1) === 1 && (i < width || (values[i - width] & 1) === 0);
  for (let first = 0; first < values.length; first++) {
    if (!isUpper(first) || seen[first]) continue;
    // Eastwards along the upper edge, with the inside to the right.
    let [column, row, dx, dy] = [first % width, Math.floor(first / width), 1, 0];
    path.moveTo(column, row);
    while (dx !== 1 || !seen[row * width + column]) {
      if (dx === 1) seen[row * width + column] = 1;
      column += dx;
      row += dy;
      // The two pixels ahead of a corner, to the right and to the left.
      const right = isInside(column + (dx - dy - 1) / 2, row + (dx + dy - 1) / 2);
      const left = isInside(column + (dx + dy - 1) / 2, row + (dy - dx - 1) / 2);
      if (right && !left) continue;
      path.lineTo(column, row);
      [dx, dy] = right ? [dy, -dx] : [-dy, dx];
    }
    path.closePath();
  }
  return path;
}
