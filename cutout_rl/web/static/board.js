// The canvas: image, mask, strokes and pens, with zoom and pan.

import { MaskLayer } from "./mask_layer.js";
import { OtherObjects } from "./other_objects.js";

export const INSIDE = "#0072ff";
export const OUTSIDE = "#ff8c00";
const COLOURS = { inside: INSIDE, outside: OUTSIDE, erase: "#ffffff", add: "#35d07f", remove: "#ff5470" };
const CHECK = [205, 235]; // grey levels of the checkerboard behind a cut-out
const MAX_ZOOM = 40;
const SMOOTH = 4; // px of the screen per pixel of a mask, above which its outline has round corners, which take longer to draw
const pack = (r, g, b, a) => ((a << 24) | (b << 16) | (g << 8) | r) >>> 0; // little-endian RGBA

export class Board {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.ground = document.createElement("canvas"); // the image and its surroundings, in pixels of the screen
    this.groundInputs = []; // the inputs of the last ground
    this.layer = new MaskLayer(); // of the whole cut
    this.detail = new MaskLayer(); // of what is seen, at the resolution of the screen
    this.onView = () => {}; // called after zooming and moving
    this.image = null; // anything drawImage takes
    this.size = [1, 1]; // height, width in pixels of the image
    this.frame = null;
    this.colour = pack(0, 114, 255, 255); // of the selected object's class
    this.hidden = false; // whether the selected object is not shown
    this.overlap = false; // whether objects may share pixels
    this.others = new OtherObjects();
    this.view = "blend";
    this.tint = 0.35;
    this.pending = []; // strokes without a frame yet: {id, pen, width, points}
    this.cursor = null; // {x, y, width, pen} in pixels of the image
    this.ghost = null; // paints what the agent suggests: a function of the context and the zoom
    this.handles = null; // paints the points of an outline: a function of the context and the zoom
    this.dragged = null; // a box being dragged: [left, top, right, bottom]
    this.prediction = null; // the network's: a tinted canvas, drawn over the whole image
    this.predictionPicture = null; // its source
    this.field = 0; // side of the network's receptive field, in pixels of the image
    this.pointer = null; // [x, y] in pixels of the image
    this.fitted = true;
    this.zoom = 1;
    this.x = 0;
    this.y = 0;
    new ResizeObserver(() => this.resize()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.requestPaint());
  }

  open(image, size) {
    this.image = image;
    this.size = size;
    this.frame = this.prediction = this.predictionPicture = this.ghost = null;
    this.pending = [];
    this.others.clear();
    this.fit();
  }

  show(frame) {
    this.frame = frame;
    this.pending = this.pending.filter((stroke) => stroke.id > frame.facts.seen);
    this.drawLayers();
    this.paint();
  }

  // Takes the colour and the visibility of the selected object, and the masks of the others; `colours` are by number.
  setObjects({ current, colour, hidden, overlap, masks, colours }) {
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    Object.assign(this, { colour: pack(red, green, blue, 255), hidden, overlap });
    this.others.take(masks, colours, current);
    this.restyle(this.view, this.tint);
  }

  // Takes the masks of the other objects in what is seen, as they are exported; see OtherObjects.
  setOthers(note) {
    this.others.takeDetail(note);
    this.restyle(this.view, this.tint);
  }

  // Removes a stroke or a polygon, by its points, that was drawn while the server was away.
  forget([from]) {
    const drawn = this.pending.findLast(({ points }) => points[0][0] === from[0] && points[0][1] === from[1]);
    this.pending = this.pending.filter((piece) => piece !== drawn && !(drawn.stroke && piece.stroke === drawn.stroke));
    this.requestPaint();
  }

  restyle(view, tint) {
    this.view = view;
    this.tint = tint;
    this.others.tint(tint, view === "mask");
    if (this.frame) this.drawLayers();
    if (this.predictionPicture) this.drawPrediction(this.predictionPicture);
    this.requestPaint();
  }

  resize() {
    const ratio = devicePixelRatio || 1;
    this.canvas.width = Math.max(1, Math.round(this.canvas.clientWidth * ratio));
    this.canvas.height = Math.max(1, Math.round(this.canvas.clientHeight * ratio));
    if (this.fitted) this.fit();
    this.paint();
    this.onView();
  }

  // Returns the zoom at which the whole image is seen.
  get fitZoom() {
    const [height, width] = this.size;
    const margin = 12;
    const { clientWidth, clientHeight } = this.canvas;
    return Math.max(0.01, Math.min((clientWidth - 2 * margin) / width, (clientHeight - 2 * margin) / height));
  }

  fit() {
    const [height, width] = this.size;
    const { clientWidth, clientHeight } = this.canvas;
    this.zoom = this.fitZoom;
    this.x = (clientWidth - width * this.zoom) / 2;
    this.y = (clientHeight - height * this.zoom) / 2;
    this.fitted = true;
    this.requestPaint();
    this.onView();
  }

  // Zooms about a point of the canvas, by default its centre.
  zoomBy(factor, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2) {
    const zoom = Math.min(MAX_ZOOM, Math.max(0.02, this.zoom * factor));
    this.x = x - ((x - this.x) * zoom) / this.zoom;
    this.y = y - ((y - this.y) * zoom) / this.zoom;
    this.zoom = zoom;
    this.fitted = false;
    this.requestPaint();
    this.onView();
  }

  panBy(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.fitted = false;
    this.requestPaint();
    this.onView();
  }

  // The place in the middle of what is seen, in pixels of the image.
  get centre() {
    const { clientWidth, clientHeight } = this.canvas;
    return [(clientWidth / 2 - this.x) / this.zoom, (clientHeight / 2 - this.y) / this.zoom];
  }

  // Moves the image, if a place of it is not seen, so that it is in the middle.
  reveal([x, y]) {
    const { clientWidth, clientHeight } = this.canvas;
    const [column, row] = [this.x + x * this.zoom, this.y + y * this.zoom];
    if (column >= 0 && row >= 0 && column <= clientWidth && row <= clientHeight) return;
    this.panBy(clientWidth / 2 - column, clientHeight / 2 - row);
  }

  // Returns the position of an event in pixels of the image.
  locate(event) {
    const frame = this.canvas.getBoundingClientRect();
    return [(event.clientX - frame.left - this.x) / this.zoom, (event.clientY - frame.top - this.y) / this.zoom];
  }

  requestPaint() {
    if (this.paintRequested) return;
    this.paintRequested = true;
    requestAnimationFrame(() => {
      if (this.paintRequested) this.paint(); // a frame may have painted it already
    });
  }

  drawLayers() {
    this.drawLayer(this.layer, this.frame);
    if (this.frame.detail) this.drawLayer(this.detail, this.frame.detail);
  }

  drawLayer(layer, mask) {
    const isOutlined = this.view === "blend" && !this.hidden;
    const isSmooth = isOutlined && this.isSmooth(mask);
    const checks = this.view === "cutout" ? CHECK.map((level) => pack(level, level, level, 255)) : null;
    layer.draw(mask, { colours: this.coloursOf(isSmooth), checks, isOutlined, isSmooth });
  }

  isSmooth({ facts: { width, view } }) {
    return ((view[2] - view[0]) * this.zoom) / width >= SMOOTH;
  }

  // Colours by pixel value: bit 0 is the mask, the bits above are the label. A smooth mask is filled along its outline.
  coloursOf(isSmooth) {
    if (this.view === "cutout") return [0, 0, 0, 0, 0, 0];
    const white = pack(255, 255, 255, 255);
    if (this.view === "mask") return [0, white, 0, white, 0, white];
    const isTinted = this.view === "blend" && !this.hidden && !isSmooth;
    const tinted = isTinted ? ((this.colour & 0xffffff) | (Math.round(this.tint * 255) << 24)) >>> 0 : 0;
    const [inside, outside] = [pack(0, 114, 255, 255), pack(255, 140, 0, 255)];
    return [0, tinted, inside, inside, outside, outside];
  }

  // Tints a small grey picture: white stands for a probability of 1 of the object, black for 0.
  drawPrediction(picture) {
    this.predictionPicture = picture;
    this.prediction = document.createElement("canvas");
    [this.prediction.width, this.prediction.height] = [picture.width, picture.height];
    const context = this.prediction.getContext("2d");
    context.drawImage(picture, 0, 0);
    const tinted = context.getImageData(0, 0, picture.width, picture.height);
    const pixels = new Uint32Array(tinted.data.buffer);
    for (let i = 0; i < pixels.length; i++) {
      const confidence = ((pixels[i] & 255) - 127.5) / 127.5; // -1 background, 1 object
      const alpha = Math.round(Math.abs(confidence) * Math.min(1, 2 * this.tint) * 255);
      pixels[i] = confidence > 0 ? pack(0, 114, 255, alpha) : pack(255, 140, 0, alpha);
    }
    context.putImageData(tinted, 0, 0);
    this.requestPaint();
  }

  paint() {
    this.paintRequested = false;
    const { context, canvas } = this;
    const ratio = canvas.width / Math.max(1, canvas.clientWidth);
    this.drawGround(ratio);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.ground, 0, 0);
    if (!this.image) return;
    const [height, width] = this.size;
    context.setTransform(ratio * this.zoom, 0, 0, ratio * this.zoom, ratio * this.x, ratio * this.y);
    if (this.view === "prediction" && this.prediction) {
      context.imageSmoothingEnabled = true;
      context.drawImage(this.prediction, 0, 0, width, height);
    }
    if (this.frame) this.paintFrame(width, height);
    this.ghost?.(context, this.zoom);
    for (const stroke of this.pending) this.paintStroke(stroke);
    this.paintPens();
    this.handles?.paint(context, this.zoom);
  }

  // Draws the image once for all frames that are painted over it, until zoom, pan or colours change.
  drawGround(ratio) {
    const { canvas, ground, image, size, zoom, x, y } = this;
    const around = getComputedStyle(canvas.parentElement).backgroundColor;
    const inputs = [image, canvas.width, canvas.height, zoom, x, y, around];
    if (inputs.every((value, i) => value === this.groundInputs[i])) return;
    this.groundInputs = inputs;
    [ground.width, ground.height] = [canvas.width, canvas.height];
    const context = ground.getContext("2d", { alpha: false });
    context.fillStyle = around;
    context.fillRect(0, 0, ground.width, ground.height);
    if (!image) return;
    context.setTransform(ratio * zoom, 0, 0, ratio * zoom, ratio * x, ratio * y);
    context.imageSmoothingEnabled = zoom < 3;
    context.drawImage(image, 0, 0, size[1], size[0]);
  }

  paintFrame(width, height) {
    const { context, frame: { facts } } = this;
    const [left, top, right, bottom] = facts.view;
    const boxed = left > 0 || top > 0 || right < width || bottom < height;
    if (this.view === "mask") {
      context.fillStyle = "#000";
      context.fillRect(0, 0, width, height);
    } else if (boxed && this.view === "cutout") {
      context.fillStyle = `rgb(${CHECK[0]} ${CHECK[0]} ${CHECK[0]})`;
      context.beginPath();
      context.rect(0, 0, width, height);
      context.rect(left, top, right - left, bottom - top);
      context.fill("evenodd");
    }
    if (this.view === "blend" || this.view === "mask") {
      this.others.paint(context, [height, width], this.overlap ? null : this.frame);
    }
    this.paintMasks(width, height);
    if (boxed) this.paintBox(facts.view);
    if (this.dragged) this.paintBox(this.dragged);
    if (this.view === "prediction" && this.pointer && this.field) {
      const [[x, y], half] = [this.pointer, this.field / 2];
      this.paintBox([x - half, y - half, x + half, y + half]);
    }
    if (facts.selected?.points) this.paintSelected(facts.selected);
  }

  // Paints the mask of the whole cut, and over a part of it the finer one.
  paintMasks(width, height) {
    const { context, frame, layer, detail, colour, zoom } = this;
    const shown = frame.detail ? [[layer, frame], [detail, frame.detail]] : [[layer, frame]];
    if (shown.some(([part, mask]) => part.outline && part.isSmooth !== this.isSmooth(mask))) this.drawLayers();
    const tint = `rgb(${colour & 255} ${(colour >>> 8) & 255} ${(colour >>> 16) & 255} / ${this.tint})`;
    if (!frame.detail) return layer.paint(context, zoom, tint);
    const [left, top, right, bottom] = frame.detail.facts.view;
    for (const [part, isWhole] of [[layer, true], [detail, false]]) {
      context.save();
      context.beginPath();
      if (isWhole) context.rect(0, 0, width, height);
      context.rect(left, top, Math.min(right, width) - left, Math.min(bottom, height) - top);
      context.clip("evenodd");
      part.paint(context, zoom, tint);
      context.restore();
    }
  }

  // Paints the selected stroke with a black and a white border, visible on any image.
  paintSelected({ width, points }) {
    for (const [colour, thick] of [["#000", width + 8 / this.zoom], ["#fff", width + 4 / this.zoom]]) {
      this.paintLine(points, thick, colour);
    }
    this.paintLine(points, width, COLOURS[this.frame.facts.selected.pen]);
  }

  paintBox([left, top, right, bottom]) {
    const { context } = this;
    for (const [colour, offset] of [["#000", 0], ["#fff", 5]]) {
      context.strokeStyle = colour;
      context.lineWidth = 1.5 / this.zoom;
      context.setLineDash([5 / this.zoom, 5 / this.zoom]);
      context.lineDashOffset = offset / this.zoom;
      context.strokeRect(left, top, right - left, bottom - top);
    }
    context.setLineDash([]);
  }

  paintStroke({ pen, width, points }) {
    this.context.globalAlpha = pen === "erase" ? 0.6 : 1;
    this.paintLine(points, width, COLOURS[pen]);
    this.context.globalAlpha = 1;
  }

  paintLine(points, width, colour) {
    const { context } = this;
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...points[0]);
    for (const point of points) context.lineTo(...point);
    context.stroke();
  }

  paintPens() {
    const { context } = this;
    const facts = this.frame?.facts;
    (facts?.heads ?? []).forEach((head, pen) => {
      if (!head || this.view === "mask" || this.view === "cutout") return;
      const colour = pen === 0 ? INSIDE : OUTSIDE;
      const half = facts.mode === "game" ? 0.5 : 0;
      const [x, y] = [head[0] + half, head[1] + half];
      if (facts.mode === "game" && !facts.done) this.paintReach(x, y, facts.step_len, colour);
      this.ring(x, y, 5 / this.zoom, "#000", 4);
      this.ring(x, y, 5 / this.zoom, colour, 2.4);
    });
    if (this.cursor) {
      const { x, y, width, pen } = this.cursor;
      this.ring(x, y, width / 2, "#000000a0", 3);
      this.ring(x, y, width / 2, COLOURS[pen] ?? "#fff", 1.5);
    }
  }

  // Marks the ends of a pen's eight moves.
  paintReach(x, y, length, colour) {
    const [height, width] = this.size;
    for (const dx of [-1, 0, 1]) {
      for (const dy of [-1, 0, 1]) {
        const free = (at, step, side) => (step > 0 ? side - at : step < 0 ? at : Infinity);
        const reach = Math.min(length, free(x, dx, width), free(y, dy, height));
        if (!dx && !dy) continue;
        this.ring(x + dx * reach, y + dy * reach, 2.2 / this.zoom, "#000000a0", 3);
        this.ring(x + dx * reach, y + dy * reach, 2.2 / this.zoom, colour, 1.6);
      }
    }
  }

  ring(x, y, radius, colour, thick) {
    const { context } = this;
    context.strokeStyle = colour;
    context.lineWidth = thick / this.zoom;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.stroke();
  }
}
