// Points on the outline of the selected object: to drag, to add on its sides, and to remove.

import { seenArea } from "./windows.js";

export const COARSE = matchMedia("(pointer: coarse)"); // fingers
const spacing = () => (COARSE.matches ? 10 : 4); // px of the screen by which the outline may miss the lines between points
export const REACH = { touch: 22, other: 9 }; // px of the screen around a point or a side
const STILL = 3; // px of the screen within which a press does not move a point
const SENT_AFTER = 500; // ms after the last key that moves a point
const CHOSEN = "#ffe14d";

export class Points {
  // `change` sends a change, or keeps it while the server is away; it returns the number of the message.
  constructor(element, { board, link, change }) {
    Object.assign(this, { element, board, link, change });
    this.isOn = false;
    this.note = null; // the newest one of the server that could not be shown yet
    this.sent = 0; // number of the last change
    this.clear();
    element("point-previous").addEventListener("click", () => this.step(-1));
    element("point-next").addEventListener("click", () => this.step(1));
    element("point-add").addEventListener("click", () => this.press());
    element("point-remove").addEventListener("click", () => this.remove());
  }

  clear() {
    this.rings = []; // closed lists of [x, y] in pixels of the image
    this.width = 0; // of the band along sides that a change reaches; 0 before the server's first note
    this.chosen = null; // {number, place}: a ring, and a point of it
    this.changing = null; // {number, ring, pointer, ...}: a ring while a point of it is moved
    this.hovered = null;
    this.isAhead = false; // whether the mask on the screen does not know the last change yet
    this.write();
  }

  // Turns the tool on or off; while the server is away the points stay, because it cannot be asked for them.
  turn(on) {
    if (on === this.isOn) return;
    this.send();
    this.isOn = on;
    this.element("points").hidden = !on;
    this.board.canvas.style.cursor = "";
    if (this.link.isOpen) this.clear();
    if (on) this.ask();
    else this.link.send({ do: "points", area: null });
    this.board.requestPaint();
  }

  // Asks for points that are as close as what is seen needs; also called after zooming and moving.
  ask() {
    const area = seenArea(this.board);
    if (!this.isOn || !area) return;
    const within = (pixels) => Math.min(2000, Math.max(0.01, pixels));
    const { zoom, fitZoom } = this.board;
    this.link.send({ do: "points", area, tolerance: within(spacing() / zoom), elsewhere: within(spacing() / fitZoom) });
  }

  // Takes the server's note: {rings, width, seen}; one that does not know the last change yet is outdated.
  show(note) {
    if (!this.isOn || note.seen < this.sent) return;
    if (this.changing) {
      this.note = note;
      return;
    }
    const at = this.chosen && this.pointOf(this.chosen);
    this.rings = note.rings;
    this.width = note.width;
    this.isAhead = false;
    this.hovered = null;
    this.chosen = at && this.nearest(at, 0.01);
    this.write();
    this.board.requestPaint();
  }

  // Shows other points while the server is away; `width` is that of the band of a change.
  replace(rings, { width }) {
    Object.assign(this, { rings, width, chosen: null, hovered: null, isAhead: true });
    this.write();
    this.board.requestPaint();
  }

  pointOf({ number, place }) {
    return this.ringOf(number)[place];
  }

  ringOf(number) {
    return this.changing?.number === number ? this.changing.ring : this.rings[number];
  }

  // ---- finding

  // Returns the point nearest to a place within a distance, in pixels of the image, or null.
  nearest([x, y], most) {
    let [found, least] = [null, most];
    this.rings.forEach((ring, number) => {
      ring.forEach((point, place) => {
        const distance = Math.hypot(point[0] - x, point[1] - y);
        if (distance <= least) [found, least] = [{ number, place }, distance];
      });
    });
    return found;
  }

  // Returns the side nearest to a place, as the point before it and the nearest place on it, or null.
  nearestSide([x, y], most) {
    let [found, least] = [null, most];
    this.rings.forEach((ring, number) => {
      ring.forEach(([fromX, fromY], place) => {
        const [toX, toY] = ring[(place + 1) % ring.length];
        const [dx, dy] = [toX - fromX, toY - fromY];
        const along = Math.min(1, Math.max(0, ((x - fromX) * dx + (y - fromY) * dy) / (dx * dx + dy * dy || 1)));
        const on = [fromX + along * dx, fromY + along * dy];
        const distance = Math.hypot(on[0] - x, on[1] - y);
        if (distance < least) [found, least] = [{ number, place, on }, distance];
      });
    });
    return found;
  }

  // ---- pointers; `at` is in pixels of the image

  // Returns whether the press is on a point or a side.
  down(event, at) {
    this.send();
    const reach = (REACH[event.pointerType] ?? REACH.other) / this.board.zoom;
    const point = event.button === 0 && this.nearest(at, reach);
    const side = event.button === 0 && !point && !event.shiftKey && this.nearestSide(at, reach);
    this.chosen = point || null;
    if (point && event.shiftKey) this.remove();
    else if (point) this.begin(point, { pointer: event.pointerId, from: at });
    else if (side) this.insert(side, { pointer: event.pointerId, from: at });
    this.write();
    this.board.requestPaint();
    return Boolean(point || side);
  }

  move(event, at) {
    const { changing, board } = this;
    if (changing?.pointer === event.pointerId) {
      const [dx, dy] = [at[0] - changing.from[0], at[1] - changing.from[1]];
      if (!changing.isMoved && Math.hypot(dx, dy) * board.zoom < STILL) return;
      this.place([changing.at[0] + dx, changing.at[1] + dy]);
    } else if (event.pointerType !== "touch" && !changing) {
      const reach = REACH.other / board.zoom;
      const point = this.nearest(at, reach);
      this.hovered = point ?? this.nearestSide(at, reach);
      board.canvas.style.cursor = point ? "grab" : this.hovered ? "copy" : "default";
    }
  }

  up(event) {
    if (this.changing?.pointer === event.pointerId) this.send();
  }

  // ---- changing

  // Begins to move a point.
  begin({ number, place }, { pointer = null, from = null, isMoved = false } = {}) {
    const ring = [...this.rings[number]];
    this.chosen = { number, place };
    this.changing = { number, ring, pointer, from, at: ring[place], isMoved };
  }

  insert({ number, place, on }, how = {}) {
    const ring = [...this.rings[number]];
    ring.splice(place + 1, 0, clampTo(this.board, on));
    this.chosen = { number, place: place + 1 };
    this.changing = { number, ring, pointer: null, at: on, ...how, isMoved: true };
  }

  place(at) {
    this.changing.isMoved = true;
    this.changing.ring[this.chosen.place] = clampTo(this.board, at);
    this.write();
    this.board.requestPaint();
  }

  // Sends the ring that was changed; the server answers with the points of the new mask.
  send() {
    const { changing, rings, note } = this;
    clearTimeout(this.sending);
    this.changing = this.note = null;
    if (changing?.isMoved) {
      const { number, ring } = changing;
      const edit = { outline: rings, number, ring, width: this.width };
      this.sent = this.change(edit);
      this.rings = ringsAfter(edit);
      this.isAhead = true;
    } else if (note) this.show(note);
    this.write();
    this.board.requestPaint();
  }

  // Drops a change that has not been sent; returns whether there was one.
  cancel() {
    const isChanged = Boolean(this.changing?.isMoved);
    if (this.changing?.ring.length !== this.rings[this.changing?.number]?.length) this.chosen = null; // the point was new
    this.changing = null;
    this.send();
    return isChanged;
  }

  remove() {
    this.send();
    if (!this.chosen) return;
    const { number, place } = this.chosen;
    const ring = this.rings[number].toSpliced(place, 1);
    this.changing = { number, ring: ring.length < 3 ? [] : ring, isMoved: true };
    this.chosen = ring.length < 3 ? null : { number, place: place % ring.length };
    this.send();
  }

  // ---- keys and buttons

  // Chooses the point that many places further, around all rings.
  step(step) {
    this.send();
    const all = this.rings.flatMap((ring, number) => ring.map((_, place) => ({ number, place })));
    if (!all.length) return;
    const at = this.chosen ? all.findIndex(({ number, place }) => number === this.chosen.number && place === this.chosen.place) : -1;
    this.chosen = at < 0 ? this.nearest(this.board.centre, Infinity) : all[(at + step + all.length) % all.length];
    this.board.reveal(this.pointOf(this.chosen));
    this.write();
    this.board.requestPaint();
  }

  // Adds a point in the middle of the side after the chosen point.
  press() {
    this.send();
    if (!this.chosen) return;
    const { number, place } = this.chosen;
    const [[fromX, fromY], [toX, toY]] = [this.rings[number][place], this.rings[number][(place + 1) % this.rings[number].length]];
    this.insert({ number, place, on: [(fromX + toX) / 2, (fromY + toY) / 2] });
    this.send();
  }

  // Moves the chosen point by a pixel of the image, or of the screen if that is more; clockwise from north.
  nudge(direction) {
    if (!this.chosen) return this.step(1);
    if (!this.changing) this.begin(this.chosen);
    const step = Math.max(1, 1 / this.board.zoom);
    const [dx, dy] = [[0, -step], [step, 0], [0, step], [-step, 0]][direction / 2];
    const [x, y] = this.pointOf(this.chosen);
    this.place([x + dx, y + dy]);
    clearTimeout(this.sending);
    this.sending = setTimeout(() => this.send(), SENT_AFTER);
  }

  // ---- showing

  write() {
    const { element, chosen, rings } = this;
    const count = rings.reduce((sum, ring) => sum + ring.length, 0);
    let text = this.width ? "No outline yet; draw strokes or a polygon" : "";
    if (!this.width && !this.link.isOpen) text = "Points come when the server is back";
    if (count) text = `${count} points; press the outline to add one`;
    if (chosen) {
      const [x, y] = this.pointOf(chosen);
      text = `Point at ${Math.round(x)}, ${Math.round(y)}, one of ${count}`;
    }
    if (element("point-state").textContent !== text) element("point-state").textContent = text;
    element("point-previous").disabled = element("point-next").disabled = !count;
    element("point-add").disabled = element("point-remove").disabled = !chosen;
  }

  paint(context, zoom) {
    const { chosen, hovered, changing } = this;
    const radius = (COARSE.matches ? 7 : 4.5) / zoom;
    this.rings.forEach((_, number) => {
      const ring = this.ringOf(number);
      if (ring.length && (this.isAhead || changing?.number === number)) paintLine(context, zoom, [...ring, ring[0]]);
      ring.forEach(([x, y], place) => {
        const is = (one) => one && !one.on && one.number === number && one.place === place;
        const size = is(chosen) || is(hovered) ? 1.4 * radius : radius;
        paintDot(context, zoom, x, y, size, is(chosen) ? CHOSEN : "#ffffff");
      });
    });
    if (hovered?.on && !changing) paintDot(context, zoom, ...hovered.on, radius, "#ffffff90");
  }
}

// Returns the rings of an outline after a change of it.
export function ringsAfter({ outline, number, ring }) {
  return ring.length ? outline.with(number, ring) : outline.toSpliced(number, 1);
}

// Returns a place moved into the image, outer edges included, in hundredths of a pixel.
export function clampTo({ size: [height, width] }, [x, y]) {
  const clamp = (value, most) => Math.round(100 * Math.min(most, Math.max(0, value))) / 100;
  return [clamp(x, width), clamp(y, height)];
}

export function paintDot(context, zoom, x, y, radius, colour) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
  context.strokeStyle = "#000000";
  context.lineWidth = 1.5 / zoom;
  context.stroke();
}

export function paintLine(context, zoom, points) {
  context.lineJoin = "round";
  context.beginPath();
  context.moveTo(...points[0]);
  for (const point of points) context.lineTo(...point);
  for (const [colour, thick] of [["#000000c0", 4], [CHOSEN, 2]]) {
    context.strokeStyle = colour;
    context.lineWidth = thick / zoom;
    context.stroke();
  }
}
