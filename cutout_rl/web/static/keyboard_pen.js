// Drawing without a mouse: Shift and the arrows move a pen over the image, Enter puts it down and lifts it.

const STEPS = 64; // moves across the image's longer side

export class KeyboardPen {
  constructor(board, { pen, width, onStroke, showMessage }) {
    Object.assign(this, { board, pen, width, onStroke, showMessage });
    this.at = null; // [x, y] in pixels of the image
    this.stroke = null;
  }

  // Moves by one step along a direction, clockwise from north.
  move(direction) {
    const [height, width] = this.board.size;
    if (!this.at) this.at = [width / 2, height / 2];
    const step = Math.max(1, Math.max(height, width) / STEPS);
    const [dx, dy] = [[0, -1], [1, 0], [0, 1], [-1, 0]][direction / 2];
    const clamp = (value, most) => Math.min(Math.max(value, 0), most - 1);
    this.at = [clamp(this.at[0] + dx * step, width), clamp(this.at[1] + dy * step, height)];
    if (this.stroke) this.onStroke(this.stroke, [this.at], { time: performance.now() });
    this.show();
  }

  // Puts the pen down, or lifts it.
  press() {
    const time = performance.now();
    if (this.stroke) {
      const { stroke } = this;
      this.stroke = null;
      this.onStroke(stroke, [this.at], { end: true, time });
    } else {
      if (!this.at) this.at = [this.board.size[1] / 2, this.board.size[0] / 2];
      this.stroke = { pen: this.pen(), width: this.width() };
      this.onStroke(this.stroke, [this.at], { start: true, time });
    }
    this.show();
  }

  // Lifts the pen and forgets its place, because another image is opened or the mouse is used.
  leave() {
    if (this.stroke) this.press();
    this.at = null;
  }

  show() {
    const [x, y] = this.at;
    this.board.cursor = { x, y, width: this.width(), pen: this.pen() };
    this.board.requestPaint();
    this.showMessage(`Pen ${this.stroke ? "down" : "up"} at ${Math.round(x)}, ${Math.round(y)}; Enter ${this.stroke ? "lifts it" : "puts it down"}.`);
  }
}
