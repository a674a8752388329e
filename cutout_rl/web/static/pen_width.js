// The width of the pens: chosen on a slider, and the same on the screen at any zoom.

const CUT_AT = 512; // px; the unit of the slider in larger images
const MOST = 2000; // px of the image
const SLIDER = [1, 80];

export class PenWidth {
  constructor(element, board) {
    Object.assign(this, { element, board });
    element("width").addEventListener("input", () => this.choose(this.chosen));
  }

  get chosen() {
    return Number(this.element("width").value);
  }

  // The width in pixels of the image.
  get inImage() {
    const { board } = this;
    const fitted = this.chosen * Math.max(1, Math.max(...board.size) / CUT_AT);
    return Math.round(100 * Math.min(MOST, Math.max(1, (fitted * board.fitZoom) / board.zoom))) / 100;
  }

  choose(width) {
    this.element("width").value = Math.min(SLIDER[1], Math.max(SLIDER[0], Math.round(width)));
    this.element("width-value").textContent = this.element("width").value;
  }
}
