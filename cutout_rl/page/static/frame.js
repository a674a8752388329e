// Reading what the server sends after a change: facts, scribbles and mask; see cutout_rl/page/frame.py.

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

// The edges between pixels inside and outside the mask, in pixels of the view.
export function outlineOf({ facts: { width, height }, values }) {
  const path = new Path2D();
  const inside = (row, column) =>
    row >= 0 && row < height && column >= 0 && column < width ? values[row * width + column] & 1 : 0;
  for (let row = 0; row <= height; row++) {
    let from = -1;
    for (let column = 0; column <= width; column++) {
      const here = column < width ? inside(row, column) : 0;
      if (row < height && here !== inside(row, column - 1)) {
        path.moveTo(column, row);
        path.lineTo(column, row + 1);
      }
      const crosses = column < width && here !== inside(row - 1, column);
      if (crosses && from < 0) from = column;
      if (!crosses && from >= 0) {
        path.moveTo(from, row);
        path.lineTo(column, row);
        from = -1;
      }
    }
  }
  return path;
}
