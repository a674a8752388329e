// Mouse, touch and pen on the board: strokes, boxes, moving and zooming.

const MOVE = "onpointerrawupdate" in window ? "pointerrawupdate" : "pointermove"; // raw events do not wait for the next frame of the screen
const RIGHT = 2;
export const OPPOSITE = { inside: "outside", outside: "inside", add: "remove", remove: "add" };
const ERASER = 5; // button number of a stylus's eraser end

export class Pens {
  constructor(board, { tools, points, polygon, width, onStroke, onBox, onSelect, onPick, onClick, onCancel, onWheel, isGame, isReady }) {
    Object.assign(this, { board, tools, points, polygon, width, onStroke, onBox, onSelect, onPick, onClick, onCancel, onWheel, isGame, isReady });
    this.stroke = null; // {pointer, pen, width, id}
    this.box = null; // {pointer, from}
    this.panning = null; // pointer
    this.space = false;
    this.touches = new Map(); // pointer -> [x, y] on the screen
    const { canvas } = board;
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener(MOVE, (event) => this.draw(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.up(event));
    canvas.addEventListener("pointercancel", (event) => this.up(event));
    canvas.addEventListener("pointerleave", () => {
      board.cursor = board.pointer = null;
      board.requestPaint();
    });
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  penOf(event) {
    const tool = this.tools.chosen;
    if (event.button === ERASER) return "erase";
    return event.button === RIGHT ? (OPPOSITE[tool] ?? tool) : tool;
  }

  down(event) {
    this.board.canvas.focus();
    this.board.canvas.setPointerCapture(event.pointerId);
    event.preventDefault();
    if (event.pointerType === "touch") {
      this.touches.set(event.pointerId, [event.clientX, event.clientY]);
      if (this.touches.size === 2) {
        if (this.stroke) {
          this.end(event);
          this.onCancel(); // the first finger of a pinch is not a stroke
        }
        this.box = this.board.dragged = this.panning = null;
        this.points.cancel();
        this.polygon.cancelPress();
      }
      if (this.touches.size > 1) return;
    }
    if (this.space || event.button === 1) {
      this.panning = event.pointerId;
      return;
    }
    const point = this.board.locate(event);
    if (!this.isReady()) return; // another image is loading
    if (this.isGame()) return this.onClick(point, event.button === RIGHT);
    if (event.altKey) return this.onPick(point);
    const pen = this.penOf(event);
    if (pen === "edit") return this.onSelect(point);
    if (pen === "points") {
      if (!this.points.down(event, point)) this.panning = event.pointerId;
      return;
    }
    if (pen === "polygon") return this.polygon.down(event, point);
    if (pen === "box") {
      this.box = { pointer: event.pointerId, from: point };
      return;
    }
    if (this.stroke) return;
    this.stroke = { pointer: event.pointerId, pen, width: this.width(), last: point };
    this.onStroke(this.stroke, [point], { start: true, time: event.timeStamp });
  }

  // Called for every movement, several times per frame of the screen.
  draw(event) {
    if (this.stroke?.pointer !== event.pointerId || this.touches.size > 1) return;
    const points = (event.getCoalescedEvents?.() ?? [event]).map((part) => this.board.locate(part));
    const moved = points.filter(([x, y]) => x !== this.stroke.last[0] || y !== this.stroke.last[1]);
    if (!moved.length) return;
    this.stroke.last = moved.at(-1);
    this.onStroke(this.stroke, moved, { time: event.timeStamp });
  }

  move(event) {
    const { board } = this;
    const before = this.touches.get(event.pointerId);
    if (before) {
      if (this.touches.size === 2) this.pinch(event);
      this.touches.set(event.pointerId, [event.clientX, event.clientY]);
    }
    const [x, y] = board.locate(event);
    board.pointer = [x, y];
    const shown = !this.isGame() && event.pointerType !== "touch" && this.tools.draws;
    board.cursor = shown ? { x, y, width: this.stroke?.width ?? this.width(), pen: this.stroke?.pen ?? this.tools.pen } : null;
    if (this.tools.chosen === "points" && !this.isGame()) this.points.move(event, [x, y]);
    if (this.tools.chosen === "polygon" && !this.isGame()) this.polygon.move(event, [x, y]);
    if (this.panning === event.pointerId) board.panBy(event.movementX, event.movementY);
    if (this.box?.pointer === event.pointerId) board.dragged = this.rectangle(x, y);
    board.requestPaint();
  }

  up(event) {
    if (this.stroke?.pointer === event.pointerId) this.end(event);
    if (this.box?.pointer === event.pointerId) {
      const box = this.rectangle(...this.board.locate(event));
      this.box = this.board.dragged = null;
      if (event.type === "pointerup") this.onBox(box);
    }
    if (event.type === "pointerup") this.points.up(event);
    else this.points.cancel();
    this.polygon.up(event);
    if (this.panning === event.pointerId) this.panning = null;
    this.touches.delete(event.pointerId);
    this.board.requestPaint();
  }

  end(event) {
    const { stroke } = this;
    this.stroke = null;
    this.onStroke(stroke, [stroke.last], { end: true, time: event.timeStamp });
  }

  rectangle(x, y) {
    const [height, width] = this.board.size;
    const clamp = (value, most) => Math.min(most, Math.max(0, value));
    const [fromX, fromY] = this.box.from;
    return [
      clamp(Math.min(fromX, x), width), clamp(Math.min(fromY, y), height),
      clamp(Math.max(fromX, x), width), clamp(Math.max(fromY, y), height),
    ];
  }

  pinch(event) {
    const [other] = [...this.touches].filter(([pointer]) => pointer !== event.pointerId).map(([, at]) => at);
    const [x, y] = this.touches.get(event.pointerId);
    const frame = this.board.canvas.getBoundingClientRect();
    const apart = (ax, ay) => Math.max(1, Math.hypot(ax - other[0], ay - other[1]));
    const middle = [(event.clientX + other[0]) / 2 - frame.left, (event.clientY + other[1]) / 2 - frame.top];
    this.board.panBy((event.clientX - x) / 2, (event.clientY - y) / 2);
    this.board.zoomBy(apart(event.clientX, event.clientY) / apart(x, y), ...middle);
  }

  wheel(event) {
    event.preventDefault();
    const frame = this.board.canvas.getBoundingClientRect();
    if (event.ctrlKey || event.metaKey || this.isGame()) {
      this.board.zoomBy(Math.exp(-event.deltaY / 300), event.clientX - frame.left, event.clientY - frame.top);
    } else if (event.deltaY) {
      this.onWheel(event.deltaY < 0 ? 1 : -1);
      if (this.board.cursor) this.board.cursor.width = this.width();
    }
  }
}
