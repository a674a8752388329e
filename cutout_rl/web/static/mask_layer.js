// A mask and the strokes over it as a picture, and the mask's outline.

import { outlineOf } from "./frame.js";

const CHECK = 8; // px of the mask, side of a square behind a cut-out

export class MaskLayer {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.picture = null; // pixels of the canvas, at the size of the mask
    this.outline = null;
  }

  // Takes a mask: {facts: {width, height, view}, values}, with `view` in pixels of the image.
  // `colours` are by value, `checks` the two colours behind a cut-out or null.
  draw(mask, { colours, checks, isOutlined, isSmooth }) {
    const { facts: { width, height }, values } = mask;
    Object.assign(this, { mask, isSmooth });
    if (this.picture?.width !== width || this.picture.height !== height) {
      [this.canvas.width, this.canvas.height] = [width, height];
      this.picture = new ImageData(width, height);
    }
    const pixels = new Uint32Array(this.picture.data.buffer);
    const table = Uint32Array.from(colours);
    for (let i = 0; i < pixels.length; i++) pixels[i] = table[values[i]];
    if (checks) {
      for (let i = 0; i < pixels.length; i++) {
        if (!(values[i] & 1)) pixels[i] = checks[(Math.floor((i % width) / CHECK) + Math.floor(i / width / CHECK)) & 1];
      }
    }
    this.canvas.getContext("2d").putImageData(this.picture, 0, 0);
    this.outline = isOutlined ? outlineOf(mask, isSmooth) : null;
  }

  // Paints over the image, in pixels of the image; `tint` fills a smooth outline.
  paint(context, zoom, tint) {
    const { facts } = this.mask;
    const [left, top, right, bottom] = facts.view;
    const pixel = facts.width / (right - left) / zoom; // of the screen
    context.save();
    context.translate(left, top);
    context.scale((right - left) / facts.width, (bottom - top) / facts.height);
    if (this.outline && this.isSmooth) {
      context.fillStyle = tint;
      context.fill(this.outline);
    }
    context.imageSmoothingEnabled = false;
    context.drawImage(this.canvas, 0, 0);
    if (this.outline) {
      for (const [colour, thick] of [["#000000b0", 3.2], ["#ffffff", 1.4]]) {
        context.strokeStyle = colour;
        context.lineWidth = thick * pixel;
        context.lineJoin = this.isSmooth ? "round" : "miter";
        context.stroke(this.outline);
      }
    }
    context.restore();
  }
}
