// The tools of Draw mode, of which one is chosen: pens, box, brush, polygon, points, and the editing of strokes.

export const PAINTERS = ["add", "remove"]; // the two sides of the brush
const OTHERS = ["box", "edit", "points", "polygon"]; // tools that draw no line

export class Tools {
  constructor(element, { onLeave, onChoose }) {
    Object.assign(this, { element, onLeave, onChoose });
    this.chosen = "inside";
    this.buttons = [...document.querySelectorAll(".tool")];
    for (const button of this.buttons) {
      if (button !== element("brush")) button.addEventListener("click", () => this.choose(button.dataset.tool));
    }
    element("brush").addEventListener("click", () => this.swapBrush());
  }

  // The pen that draws lines now, or "inside".
  get pen() {
    return OTHERS.includes(this.chosen) ? "inside" : this.chosen;
  }

  get draws() {
    return !OTHERS.includes(this.chosen);
  }

  choose(tool) {
    const brush = this.element("brush");
    if (tool !== this.chosen) this.onLeave(this.chosen);
    this.chosen = tool;
    if (PAINTERS.includes(tool)) brush.dataset.tool = tool;
    brush.textContent = brush.dataset.tool === "add" ? "Brush +" : "Brush −";
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    this.onChoose(tool);
  }

  // Chooses a tool, or the inside pen if it is chosen already.
  toggle(tool) {
    this.choose(this.chosen === tool ? "inside" : tool);
  }

  swapBrush() {
    this.choose(this.chosen === "add" ? "remove" : "add");
  }
}
