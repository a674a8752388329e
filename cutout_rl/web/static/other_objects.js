// The masks of the objects that are not selected, as a tinted picture over the whole image.

const RUN = 256; // a run is 256 * length + place

export class OtherObjects {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.shown = document.createElement("canvas"); // without the pixels of the selected object
    this.cut = document.createElement("canvas"); // the selected object's mask
    this.places = null; // (height * width) places in the list of objects, from 1, or 0
    this.colours = [];
    this.isEmpty = true;
  }

  // Takes the masks of a note; `colours` are those of the objects in the list.
  take({ width, height, runs }, colours) {
    this.colours = colours.map((colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)));
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

  // Returns the place in the list, from 1, of the object at a place of an image of this size; 0 if there is none.
  placeAt([x, y], [height, width]) {
    const { places, canvas } = this;
    const at = Math.floor((y * canvas.height) / height) * canvas.width + Math.floor((x * canvas.width) / width);
    return places?.[at] ?? 0;
  }

  clear() {
    this.places = null;
    this.isEmpty = true;
  }

  // Tints each mask in the colour of its class, its rim opaque.
  tint(tint, solid) {
    if (this.isEmpty) return;
    const { width, height } = this.canvas;
    const picture = new ImageData(width, height);
    const { places } = this;
    for (let i = 0; i < places.length; i++) {
      if (!places[i]) continue;
      const isRim = places[i] !== places[i - 1] || places[i] !== places[i + 1] || places[i] !== places[i - width] || places[i] !== places[i + width];
      picture.data.set([...this.colours[places[i] - 1], solid || isRim ? 255 : Math.round(255 * tint)], 4 * i);
    }
    this.canvas.getContext("2d").putImageData(picture, 0, 0);
  }

  // Paints over an image of this size; given the frame, without the pixels of the selected object.
  paint(context, [height, width], frame) {
    if (this.isEmpty) return;
    context.imageSmoothingEnabled = false;
    if (!frame) return context.drawImage(this.canvas, 0, 0, width, height);
    const [shown, { facts }] = [this.shown, frame];
    [shown.width, shown.height] = [this.canvas.width, this.canvas.height];
    const inner = shown.getContext("2d");
    inner.drawImage(this.canvas, 0, 0);
    inner.globalCompositeOperation = "destination-out";
    inner.imageSmoothingEnabled = false;
    const [across, down] = [shown.width / width, shown.height / height];
    const [left, top, right, bottom] = facts.view;
    inner.drawImage(this.maskOf(frame), left * across, top * down, (right - left) * across, (bottom - top) * down);
    context.drawImage(shown, 0, 0, width, height);
  }

  maskOf({ facts: { width, height }, values }) {
    if (this.cutOf !== values) {
      [this.cut.width, this.cut.height] = [width, height];
      const picture = new ImageData(width, height);
      const pixels = new Uint32Array(picture.data.buffer);
      for (let i = 0; i < pixels.length; i++) pixels[i] = values[i] & 1 ? 0xff000000 : 0;
      this.cut.getContext("2d").putImageData(picture, 0, 0);
      this.cutOf = values;
    }
    return this.cut;
  }
}
