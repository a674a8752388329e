// Strokes, polygons and changes of points on their way to the server: sent at once, and kept until the server has saved them.

import { Outbox } from "./outbox.js";
import { ringsAfter } from "./points.js";

const MAX_MEASURES = 5000; // kept in the performance timeline
const AWAY = "The server does not answer; strokes, polygons and changes of points are kept, everything else has to wait until it is back.";

export class Strokes {
  // `showRings` shows the points that are left when a change of points is taken back or made again without the server.
  constructor({ board, link, imageName, objectNumber, window, onKept, showRings, showMessage }) {
    Object.assign(this, { board, link, imageName, objectNumber, window, showRings, showMessage });
    this.outbox = new Outbox({ isOnline: () => link.isOpen, onChange: onKept });
    this.timed = new Map(); // message number -> time of its event
    this.measured = 0;
  }

  // Draws and sends further points of a stroke; `stroke` has pen and width.
  draw(stroke, points, { start = false, end = false, time }) {
    const { board, link } = this;
    const [height, width] = board.size;
    const clamp = (value, side) => Math.round(100 * Math.min(Math.max(value, 0), side - 1)) / 100;
    const inside = points.map(([x, y]) => [clamp(x, width), clamp(y, height)]);
    const { pen, width: wide } = stroke;
    if (start) {
      const window = this.window();
      Object.assign(stroke, { points: [], connection: link.isOpen ? link.connections : null, ...(window && { window }) });
    }
    const seen = stroke.window && { window: stroke.window };
    stroke.points.push(...inside);
    const isWhole = link.isOpen && stroke.connection === link.connections; // the server has received it from its beginning
    const begin = start ? { do: "stroke", pen, width: wide, ...seen } : { do: "extend" };
    const id = isWhole ? link.send({ ...begin, points: inside, end }) : ++link.number;
    if (isWhole) this.timed.set(id, time);
    if (end) {
      const kept = { object: this.objectNumber(), pen, width: wide, points: stroke.points, ...seen };
      this.outbox.add(this.imageName(), kept, isWhole ? id : null, stroke.connection !== null);
    }
    const last = board.pending.findLast((piece) => piece.stroke === stroke);
    board.pending.push({ id, stroke, pen, width: wide, points: [last?.points.at(-1) ?? inside[0], ...inside] });
    board.requestPaint();
  }

  // Sends a change of the outline; returns the number of the message.
  change(edit) {
    const isSent = this.link.isOpen;
    const id = isSent ? this.link.send({ do: "outline", edit }) : ++this.link.number;
    this.outbox.add(this.imageName(), { object: this.objectNumber(), ...edit }, isSent ? id : null);
    return id;
  }

  // Sends a polygon that was drawn from nothing, and shows it until its mask comes.
  enclose(ring) {
    this.showPolygon(ring, this.change({ outline: [], number: 0, ring, width: 1 }));
  }

  showPolygon(ring, id) {
    const { board } = this;
    board.pending.push({ id, pen: "add", width: 3 / board.zoom, points: [...ring, ring[0]] });
    board.requestPaint();
  }

  // Called for each frame of the open image: adds the time from a pen event until its mask is on the canvas to the browser's
  // performance timeline, and forgets the strokes that are saved.
  shown({ name, seen, unsaved }) {
    for (const [id, time] of this.timed) {
      if (id > seen) continue;
      performance.measure("stroke to mask", { start: time, end: performance.now() });
      this.timed.delete(id);
      if (++this.measured % MAX_MEASURES === 0) performance.clearMeasures("stroke to mask");
    }
    if (!unsaved) this.outbox.confirm(name, seen);
  }

  disconnect() {
    this.timed.clear();
    this.outbox.disconnect();
  }

  // Sends a message that is not kept; returns its number, or 0 if the server is away.
  command(message) {
    if (this.link.isOpen) return this.link.send(message);
    this.showMessage(AWAY);
    return 0;
  }

  // Undo and redo; while the server is away, of what is kept.
  undo() {
    const edit = this.outbox.undo(this.imageName());
    if (this.link.isOpen) this.link.send({ do: "undo" });
    else if (edit?.outline?.length) this.showRings(edit.outline, edit);
    else if (edit) this.board.forget(edit.points ?? edit.ring);
    else this.showMessage(AWAY);
  }

  redo() {
    if (this.link.isOpen) return this.link.send({ do: "redo" });
    const edit = this.outbox.redo(this.imageName());
    if (!edit) return this.showMessage(AWAY);
    if (edit.outline?.length) return this.showRings(ringsAfter(edit), edit);
    if (edit.outline) return this.showPolygon(edit.ring, ++this.link.number);
    this.board.pending.push({ id: ++this.link.number, ...edit });
    this.board.requestPaint();
  }

  clear() {
    if (this.link.isOpen) this.outbox.clear(this.imageName(), this.objectNumber());
    this.command({ do: "clear" });
  }

  // Returns a sentence about the edits that wait for the server, or an empty string.
  waiting(unsaved) {
    const { problem, keeps } = this.outbox;
    const size = this.outbox.count(() => true);
    const changes = this.outbox.count(({ outline }) => outline?.length);
    const polygons = this.outbox.count(({ outline }) => outline?.length === 0);
    if (!size || (this.link.isOpen && !problem && !unsaved)) return "";
    const counted = (count, one, more) => (count ? [`${count} ${count === 1 ? one : more}`] : []);
    const parts = [
      ...counted(size - changes - polygons, "stroke", "strokes"),
      ...counted(polygons, "polygon", "polygons"),
      ...counted(changes, "change of points", "changes of points"),
    ];
    const what = `${parts.join(" and ")} ${size === 1 ? "is" : "are"}`;
    const reason = this.link.isOpen && problem && !unsaved ? ` Not yet: ${problem.trim()}` : "";
    const place = keeps ? "in this browser, and saved" : "until this page is closed, because the browser's storage is full or off, and saved";
    return `${what} kept ${place} as soon as the server can.${reason}`;
  }
}
