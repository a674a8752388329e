// What the agent would draw: ghost strokes, the outline of their mask, and the choice to accept or refuse them.

import { INSIDE, OUTSIDE } from "./board.js";
import { outlineOf } from "./frame.js";

const EXPECTED = "#ffe14d"; // the outline after the strokes; the present one is white

export class Suggestion {
  constructor(element, { board, command, showMessage }) {
    Object.assign(this, { element, board, command, showMessage });
    this.facts = null;
    element("suggest").addEventListener("click", () => this.toggle());
    element("accept").addEventListener("click", () => this.end(true));
    element("refuse").addEventListener("click", () => this.end(false));
    addEventListener("keydown", (event) => this.key(event), true);
  }

  get isShown() {
    return Boolean(this.facts?.suggestion);
  }

  toggle() {
    if (this.isShown || this.facts?.planning) this.end(false);
    else this.command({ do: "suggest" });
  }

  end(accept) {
    const hadFocus = this.element("suggestion").contains(document.activeElement);
    this.command({ do: "end_suggestion", accept });
    this.clear();
    if (hadFocus) this.board.canvas.focus();
  }

  // While a suggestion is shown, Enter and Esc are about it, unless a control of its own or a field has the focus.
  key(event) {
    if (!this.facts || !["Enter", "Escape"].includes(event.key)) return;
    if (event.target.closest("input:not([type=range]), select, textarea, dialog, summary")) return;
    if (event.key === "Enter" && (!this.isShown || event.target.closest("#suggestion"))) return;
    event.preventDefault();
    event.stopPropagation();
    this.end(event.key === "Enter");
  }

  // Called for each frame of the open image.
  show(facts) {
    const isActive = facts.planning || facts.suggestion;
    if (!isActive) {
      if (this.facts) this.clear();
      return;
    }
    this.facts = facts;
    this.write(facts);
    this.board.ghost = facts.suggestion ? paintGhost(facts) : null;
    this.board.requestPaint();
  }

  clear() {
    this.facts = this.board.ghost = null;
    this.write({});
    this.board.requestPaint();
  }

  write({ planning, suggestion }) {
    const { element } = this;
    const text = planning ? "The agent is planning…" : suggestion ? sentence(suggestion) : "";
    if (element("suggestion-text").textContent !== text) element("suggestion-text").textContent = text;
    element("suggestion-keys").hidden = element("suggestion-choice").hidden = !suggestion;
    element("suggestion").classList.toggle("shown", text !== "");
    element("suggest").setAttribute("aria-pressed", String(text !== ""));
  }
}

function sentence({ strokes, now, expected }) {
  const count = strokes.length === 1 ? "1 stroke" : `${strokes.length} strokes`;
  if (typeof expected !== "number") return count;
  return `${count}, IoU about ${expected.toFixed(2)}${typeof now === "number" ? ` (now ${now.toFixed(2)})` : ""}`;
}

// Returns a function that paints the strokes and the outline over the image.
function paintGhost({ view: [left, top, right, bottom], width, height, suggestion: { strokes, mask } }) {
  const outline = outlineOf({ facts: { width, height }, values: decode(mask, width * height) });
  return (context, zoom) => {
    const line = (points, thick, colour, dash) => {
      context.strokeStyle = colour;
      context.lineWidth = thick;
      context.lineCap = dash.length ? "butt" : "round";
      context.lineJoin = "round";
      context.setLineDash(dash);
      context.beginPath();
      context.moveTo(...points[0]);
      for (const point of points) context.lineTo(...point);
      context.stroke();
    };
    context.save();
    for (const { pen, width: wide, points } of strokes) {
      const colour = pen === "inside" ? INSIDE : OUTSIDE;
      context.globalAlpha = 0.4;
      line(points, wide, colour, []);
      context.globalAlpha = 1;
      line(points, 3 / zoom, "#ffffff", []);
      line(points, 3 / zoom, colour, [6 / zoom, 4 / zoom]);
    }
    context.translate(left, top);
    context.scale((right - left) / width, (bottom - top) / height);
    const pixel = width / (right - left) / zoom; // of the screen
    for (const [colour, thick, dash] of [["#000000c0", 4, []], [EXPECTED, 2, [8, 5]]]) {
      context.strokeStyle = colour;
      context.lineWidth = thick * pixel;
      context.setLineDash(dash.map((length) => length * pixel));
      context.stroke(outline);
    }
    context.restore();
  };
}

// Decodes runs along the rows, 256 * length + value.
function decode(runs, size) {
  const values = new Uint8Array(size);
  let at = 0;
  for (const run of runs) {
    const end = at + (run >>> 8);
    values.fill(run & 255, at, end);
    at = end;
  }
  return values;
}
