// A polygon drawn from nothing: its corners are clicked one after another, and it is closed at the first one.

import { clampTo, COARSE, paintDot, paintLine, REACH } from "./points.js";

const AGAIN = { touch: 22, other: 4 }; // px of the screen around the last corner, where another press closes: a double click
const STEP = 8; // px of the screen that a key moves the place of the next corner
const CLOSES = "#ffe14d";

export class Polygon {
  // `close` takes the corners of a polygon that is closed.
  constructor(element, { board, close, showMessage }) {
    Object.assign(this, { element, board, onClose: close, showMessage });
    this.isOn = false;
    this.clear();
    element("polygon-close").addEventListener("click", () => this.close());
    element("polygon-remove").addEventListener("click", () => this.remove());
    element("polygon-cancel").addEventListener("click", () => this.cancel());
  }

  clear() {
    this.corners = []; // [x, y] in pixels of the image
    this.next = null; // where the pointer is, or where the keys have moved the next corner
    this.hasKeys = false; // whether it was the keys
    this.pointer = null; // one that holds the last corner
    this.write();
  }

  // Turns the tool on or off; the corners stay until the polygon is closed or cancelled.
  turn(on) {
    this.isOn = on;
    this.next = this.pointer = null;
    this.hasKeys = false;
    this.element("polygon").hidden = !on;
    this.board.canvas.style.cursor = "";
    this.write();
  }

  // ---- pointers; `at` is in pixels of the image

  down(event, at) {
    if (event.button !== 0) return;
    this.hasKeys = false;
    if (this.put(at, event.pointerType === "touch" ? "touch" : "other")) this.pointer = event.pointerId;
  }

  // Moves the corner that is held, or the line to the next one.
  move(event, at) {
    if (this.pointer === event.pointerId) this.corners[this.corners.length - 1] = clampTo(this.board, at);
    else if (event.pointerType === "touch") return;
    this.next = at;
    this.hasKeys = false;
    this.board.requestPaint();
  }

  up(event) {
    if (this.pointer === event.pointerId) this.pointer = null;
    if (event.pointerType === "touch") this.next = null;
  }

  // Takes back the corner that is held: a second finger makes the press a pinch.
  cancelPress() {
    if (this.pointer !== null) this.remove();
  }

  // ---- corners

  // Adds a corner and returns true, or closes the polygon at its first corner, or at the last one again.
  put(at, kind) {
    const { corners, board } = this;
    const isNear = (corner, reach) => corner && Math.hypot(corner[0] - at[0], corner[1] - at[1]) * board.zoom <= reach;
    if (isNear(corners.at(-1), AGAIN[kind]) || (corners.length > 2 && isNear(corners[0], REACH[kind]))) {
      this.close();
      return false;
    }
    corners.push(clampTo(board, at));
    this.write();
    return true;
  }

  close() {
    const { corners } = this;
    if (corners.length < 3) return this.showMessage("A polygon has three corners or more.");
    this.clear();
    this.onClose(corners);
  }

  cancel() {
    this.clear();
  }

  // Takes back the last corner; returns whether there was one.
  remove() {
    const had = this.isOn && this.corners.length > 0;
    if (had) this.corners.pop();
    this.pointer = null;
    this.write();
    return had;
  }

  // ---- keys

  // Moves the place of the next corner, clockwise from north.
  nudge(direction) {
    const { board } = this;
    const step = Math.max(1, STEP / board.zoom);
    const [dx, dy] = [[0, -step], [step, 0], [0, step], [-step, 0]][direction / 2];
    const [x, y] = this.next ?? this.corners.at(-1) ?? board.centre;
    this.next = clampTo(board, [x + dx, y + dy]);
    this.hasKeys = true;
    board.reveal(this.next);
    this.write();
  }

  // Puts a corner where the keys have moved; closes the polygon there, or if the mouse is used.
  press() {
    if (this.hasKeys) this.put(this.next, "other");
    else this.close();
  }

  // ---- showing

  write() {
    const { element, corners, next, hasKeys, board } = this;
    const count = corners.length;
    let text = `${count} ${count === 1 ? "corner" : "corners"}`;
    if (!count) text = COARSE.matches ? "Tap the corners of the object" : "Click the corners of the object";
    else if (count > 2) text += "; the first one closes it";
    if (hasKeys) text = `At ${Math.round(next[0])}, ${Math.round(next[1])}; ${text}`;
    if (element("polygon-state").textContent !== text) element("polygon-state").textContent = text;
    element("polygon-close").disabled = count < 3;
    element("polygon-remove").disabled = element("polygon-cancel").disabled = !count;
    board.requestPaint();
  }

  paint(context, zoom) {
    const { corners, next, hasKeys, pointer } = this;
    const radius = (COARSE.matches ? 7 : 4.5) / zoom;
    const line = next && pointer === null ? [...corners, next] : corners;
    if (line.length > 1) paintLine(context, zoom, line);
    corners.forEach(([x, y], place) => {
      const isFirst = place === 0 && corners.length > 2;
      paintDot(context, zoom, x, y, isFirst ? 1.4 * radius : radius, isFirst ? CLOSES : "#ffffff");
    });
    if (hasKeys) paintDot(context, zoom, ...next, radius, "#ffffff90");
  }
}
