// The masks of the objects that are not selected, as tinted pictures: over the whole image at the resolution of its cut, and
// over what is seen as they are exported.

const RUN = 256; // a run is 256 * length + place

export class OtherObjects {
  constructor() {
    this.whole = new Picture();
    this.detail = new Picture();
    this.colours = new Map(); // by the object's number: [red, green, blue]
    this.cuts = [document.createElement("canvas"), document.createElement("canvas")]; // the selected object's masks
    this.selected = null; // its masks in the newest frame
  }

  // Takes the masks of the whole image, or null if they are not known yet: {width, height, runs, numbers}.
  take(masks, colours, current) {
    this.current = current;
    this.colours = new Map([...colours].map(([number, text]) => [number, [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16))]));
    if (masks) this.whole.take(masks);
    if (masks && this.whole.isEmpty) this.detail.clear();
  }

  // Takes the masks of a part of the image, `area`: the same with `area`, or none.
  takeDetail(masks) {
    if (masks.area) this.detail.take(masks);
    else this.detail.clear();
  }

  clear() {
    this.whole.clear();
    this.detail.clear();
  }

  // Returns the number of the object at a place in an image of this size, or undefined.
  numberAt(at, size) {
    return (this.detail.holds(at) ? this.detail : this.whole).numberAt(at, size);
  }

  // Tints each mask in the colour of its class, its rim opaque.
  tint(tint, solid) {
    for (const picture of [this.whole, this.detail]) picture.tint(tint, solid, this.colours, this.current);
  }

  // Paints over an image of this size; given the frame, without the pixels of the selected object.
  paint(context, [height, width], frame) {
    const { whole, detail } = this;
    if (whole.isEmpty && detail.isEmpty) return;
    context.imageSmoothingEnabled = false;
    const all = [0, 0, width, height];
    const selected = frame && this.selectedIn(frame);
    if (detail.isEmpty) return whole.paint(context, all, selected);
    within(context, all, detail.area, () => whole.paint(context, all, selected));
    within(context, detail.area, null, () => detail.paint(context, detail.area, selected));
  }

  // Returns the selected object's masks as pictures and the areas that they fill, the finer one last.
  selectedIn(frame) {
    if (this.selected?.frame !== frame) {
      const masks = frame.detail ? [frame, frame.detail] : [frame];
      this.selected = { frame, masks: masks.map((mask, i) => ({ cut: drawn(mask, this.cuts[i]), area: mask.facts.view })) };
    }
    return this.selected;
  }
}

// Numbers of objects by pixel, and their tinted picture.
class Picture {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.shown = document.createElement("canvas"); // without the pixels of the selected object
    this.lacking = null; // the masks whose pixels `shown` lacks
    this.clear();
  }

  clear() {
    this.places = this.area = this.lacking = null;
    this.isEmpty = true;
  }

  take({ width, height, runs, numbers, area }) {
    Object.assign(this, { numbers, area: area ?? null });
    [this.canvas.width, this.canvas.height] = [width, height];
    this.places = new Uint8Array(width * height);
    let at = 0;
    for (const run of runs) {
      const end = at + Math.floor(run / RUN);
      this.places.fill(run % RUN, at, end);
      at = end;
    }
    this.isEmpty = runs.every((run) => run % RUN === 0);
  }

  holds([x, y]) {
    const [left, top, right, bottom] = this.area ?? [0, 0, 0, 0];
    return !this.isEmpty && x >= left && x < right && y >= top && y < bottom;
  }

  numberAt([x, y], [height, width]) {
    if (this.isEmpty) return undefined;
    const [left, top, right, bottom] = this.area ?? [0, 0, width, height];
    const column = Math.floor(((x - left) / (right - left)) * this.canvas.width);
    const row = Math.floor(((y - top) / (bottom - top)) * this.canvas.height);
    return this.numbers[this.places[row * this.canvas.width + column] - 1];
  }

  tint(tint, solid, colours, current) {
    this.lacking = null;
    if (this.isEmpty) return;
    const { width, height } = this.canvas;
    const picture = new ImageData(width, height);
    const pixels = new Uint32Array(picture.data.buffer); // on little-endian machines, which all browsers run on
    const { places, numbers } = this;
    const tables = [Math.round(255 * (solid ? 1 : tint)), 255].map((alpha) => numbers.map((number) => {
      const [red, green, blue] = colours.get(number) ?? [0, 0, 0];
      return colours.has(number) && number !== current ? ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0 : 0;
    }));
    for (let i = 0; i < places.length; i++) {
      const place = places[i];
      if (!place) continue;
      const isRim = place !== places[i - 1] || place !== places[i + 1] || place !== places[i - width] || place !== places[i + width];
      pixels[i] = tables[isRim ? 1 : 0][place - 1];
    }
    this.canvas.getContext("2d").putImageData(picture, 0, 0);
  }

  // Paints over an area of the image, without the pixels of the selected object if its masks are given.
  paint(context, area, selected) {
    if (this.isEmpty) return;
    if (selected && selected !== this.lacking) this.erase(area, selected);
    const [left, top, right, bottom] = area;
    context.drawImage(selected ? this.shown : this.canvas, left, top, right - left, bottom - top);
  }

  // Draws the picture without the selected object's pixels: of its finer mask where that is known, else of the whole cut's.
  erase([left, top, right, bottom], selected) {
    this.lacking = selected;
    const { canvas, shown } = this;
    [shown.width, shown.height] = [canvas.width, canvas.height];
    const inner = shown.getContext("2d");
    inner.drawImage(canvas, 0, 0);
    inner.globalCompositeOperation = "destination-out";
    inner.imageSmoothingEnabled = false;
    inner.scale(canvas.width / (right - left), canvas.height / (bottom - top));
    inner.translate(-left, -top);
    const [whole, detail] = selected.masks;
    const draw = ({ cut, area: [from, above, to, below] }) => inner.drawImage(cut, from, above, to - from, below - above);
    within(inner, whole.area, detail?.area, () => draw(whole));
    if (detail) within(inner, detail.area, null, () => draw(detail));
  }
}

// Paints within an area, but not in another one inside it, if there is one.
function within(context, area, hole, paint) {
  context.save();
  context.beginPath();
  for (const [left, top, right, bottom] of hole ? [area, hole] : [area]) context.rect(left, top, right - left, bottom - top);
  context.clip("evenodd");
  paint();
  context.restore();
}

// Draws the mask of a frame on a canvas.
function drawn({ facts: { width, height }, values }, canvas) {
  [canvas.width, canvas.height] = [width, height];
  const picture = new ImageData(width, height);
  const pixels = new Uint32Array(picture.data.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = values[i] & 1 ? 0xff000000 : 0;
  canvas.getContext("2d").putImageData(picture, 0, 0);
  return canvas;
}
