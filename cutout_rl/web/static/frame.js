// Decoding of the server's frames: facts, scribbles and mask; see cutout_rl/web/frame.py.

export function decodeFrame(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const facts = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const runs = new Uint32Array(buffer, 4 + length);
  const { detail } = facts; // a part of the mask at another resolution, or undefined
  const end = runs.length - (detail?.runs ?? 0);
  const frame = { facts, values: decodeRuns(runs.subarray(0, end), facts), detail: null };
  if (detail) frame.detail = { facts: { ...detail, view: detail.area }, values: decodeRuns(runs.subarray(end), detail) };
  return frame;
}

function decodeRuns(runs, { width, height }) {
  const values = new Uint8Array(width * height); // bit 0: mask; the bits above: label
  let at = 0;
  for (const run of runs) {
    const end = at + (run >>> 3);
    values.fill(run & 7, at, end);
    at = end;
  }
  return values;
}

// Px of the mask, the most of a side that a corner takes: so much that the centre of a corner's pixel stays where it is.
const CUT = 0.9;
const ROUNDED = 1.9;

// Returns the outline of the mask in pixels of the view, as closed lines with a point or two on each side: with a point per
// pixel the browser takes twice as long to draw it. Corners are cut off, so that steps of a pixel become slanted lines; a
// smooth outline, for masks whose pixels are large on the screen, has round ones.
export function outlineOf({ facts: { width, height }, values }, isSmooth = false) {
  const path = new Path2D();
  const seen = new Uint8Array(values.length); // pixels whose upper edge has been traced
  const isInside = (column, row) =>
    column >= 0 && column < width && row >= 0 && row < height && (values[row * width + column] & 1) === 1;
  const isUpper = (i) => (values[i] & 1) === 1 && (i < width || (values[i - width] & 1) === 0);
  const most = isSmooth ? ROUNDED : CUT;
  for (let first = 0; first < values.length; first++) {
    if (!isUpper(first) || seen[first]) continue;
    // Eastwards along the upper edge, with the inside to the right.
    let [column, row, dx, dy] = [first % width, Math.floor(first / width), 1, 0];
    let [fromX, fromY, begunX, begunY] = [column, row, -1, -1]; // the last corner, and the first point
    while (dx !== 1 || !seen[row * width + column]) {
      if (dx === 1) seen[row * width + column] = 1;
      column += dx;
      row += dy;
      // The two pixels ahead of a corner, to the right and to the left.
      const right = isInside(column + (dx - dy - 1) / 2, row + (dx + dy - 1) / 2);
      const left = isInside(column + (dx + dy - 1) / 2, row + (dy - dx - 1) / 2);
      if (right && !left) continue;
      const length = Math.abs(column - fromX + row - fromY); // of the side that ends here
      const cut = Math.min(most, length / 2);
      const [x, y] = [fromX + cut * dx, fromY + cut * dy];
      if (begunX < 0) {
        [begunX, begunY] = [x, y];
        path.moveTo(x, y);
      } else if (isSmooth) path.quadraticCurveTo(fromX, fromY, x, y);
      else path.lineTo(x, y);
      if (2 * cut < length) path.lineTo(column - cut * dx, row - cut * dy);
      [fromX, fromY] = [column, row];
      [dx, dy] = right ? [dy, -dx] : [-dy, dx];
    }
    if (isSmooth) path.quadraticCurveTo(fromX, fromY, begunX, begunY);
    path.closePath();
  }
  return path;
}
