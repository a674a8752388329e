// What is seen of an image, and the window in which strokes refine its mask when it is zoomed in.

const CUT_AT = 512; // px of the longer side, at which an image or a window is cut
const GRID = 64; // px of the image, to which windows are rounded
const MARGIN = 1 / 8; // of what is seen, on each side
const ZOOMED = 0.75; // most of the longer side that may be seen
const REUSED = 1.6; // how much larger an earlier window may be than a new one

// Returns left, top, right and bottom of what is seen, in pixels of the image; null if that is nothing.
export function seenArea({ canvas, size, zoom, x, y }) {
  const [height, width] = size;
  const side = (at, most) => Math.min(most, Math.max(0, at));
  const area = [
    Math.floor(side(-x / zoom, width)), Math.floor(side(-y / zoom, height)),
    Math.ceil(side((canvas.clientWidth - x) / zoom, width)), Math.ceil(side((canvas.clientHeight - y) / zoom, height)),
  ];
  return area[2] - area[0] >= 8 && area[3] - area[1] >= 8 ? area : null;
}

// Returns the window of strokes that are drawn now, or null if they count in the whole image; `before` is an earlier one.
export function strokeWindow(board, before) {
  const [height, width] = board.size;
  const area = seenArea(board);
  if (!area || longer(area) > ZOOMED * Math.max(width, height) || Math.max(width, height) <= CUT_AT) return null;
  const margin = MARGIN * longer(area);
  const [left, right] = around(area[0] - margin, area[2] + margin, width);
  const [top, bottom] = around(area[1] - margin, area[3] + margin, height);
  const window = [left, top, right, bottom];
  const isSeen = before && before[0] <= area[0] && before[1] <= area[1] && before[2] >= area[2] && before[3] >= area[3];
  return isSeen && longer(before) <= REUSED * longer(window) ? before : window;
}

const longer = ([left, top, right, bottom]) => Math.max(right - left, bottom - top);

// Returns the ends of a side that holds a range, is not shorter than a cut, and lies on the grid.
function around(from, to, side) {
  const lack = Math.max(0, CUT_AT - (to - from)) / 2;
  const first = Math.max(0, Math.min(from - lack, side - CUT_AT));
  const last = Math.min(side, Math.max(to + lack, CUT_AT));
  return [Math.floor(first / GRID) * GRID, Math.min(side, Math.ceil(last / GRID) * GRID)];
}
