// The strip of images below the canvas: thumbnails with their states, a filter, and the way to the next one to do.

import { request } from "./request.js";

const AROUND = 30; // thumbnails on either side of the open image; more would make a folder of thousands slow
const MARKS = { untouched: "", begun: "…", done: "✓", skipped: "–" };
const TODO = ["untouched", "begun"];

export class Strip {
  // `onChange` takes the number of a change that undo takes back.
  constructor(element, { onOpen, onChange, showMessage }) {
    Object.assign(this, { element, onOpen, onChange, showMessage });
    this.images = []; // {name, state, estimate, rank}; the estimate is the agent's of the IoU, or null
    this.isFromTop = false; // whether the next one to do is the worst of all, not the next worst
    this.name = "";
    this.isEdited = false; // whether the open image has strokes
    element("strip-filter").addEventListener("change", () => this.render());
    element("strip-order").addEventListener("change", () => this.order(element("strip-order").value));
    element("strip-search").addEventListener("input", () => this.render());
    element("done").addEventListener("click", () => this.mark("done"));
    element("skip").addEventListener("click", () => this.mark("skipped"));
    element("next-todo").addEventListener("click", () => this.openNext());
    element("carry").addEventListener("click", () => this.carry());
  }

  take(images) {
    this.images = images;
    this.rank();
    this.render();
  }

  show(name) {
    this.name = name;
    this.render();
  }

  get current() {
    return this.images.find(({ name }) => name === this.name);
  }

  // The images as they are shown: as in the folder, or by the agent's estimate, the lowest first.
  get ordered() {
    if (this.element("strip-order").value !== "worst") return this.images;
    return [...this.images].sort((a, b) => a.rank - b.rank);
  }

  // Orders the images by their estimates. New ones do not move an image, so that a person goes through the queue once.
  rank() {
    for (const image of this.images) image.rank = image.estimate ?? 2;
  }

  get hasEstimates() {
    return this.images.some(({ estimate }) => typeof estimate === "number");
  }

  order(order) {
    this.element("strip-order").value = order;
    this.rank();
    this.isFromTop = order === "worst";
    this.render();
    if (order === "worst" && !this.hasEstimates) {
      this.showMessage("No image has an estimate: let an agent that makes estimates, such as any-object, finish all images.");
    }
  }

  // Takes images that the agent has finished: {name, estimate}.
  finished(images) {
    for (const { name, estimate } of images) {
      const image = this.images.find((each) => each.name === name);
      if (!image) continue;
      image.estimate = estimate;
      image.rank = estimate ?? 2;
      if (image.state === "untouched") image.state = "begun";
      this.relabel(image);
    }
    if (images.length && this.element("strip-order").value === "worst") this.render();
  }

  // Takes the new estimate of an image whose strokes have changed.
  setEstimate({ name, value }) {
    const image = this.images.find((each) => each.name === name);
    if (!image) return;
    image.estimate = value;
    this.relabel(image);
  }

  // Takes the states of images after undo or redo, by name.
  setStates(states) {
    for (const image of this.images) image.state = states[image.name] ?? image.state;
    this.render();
  }

  relabel(image) {
    const button = [...this.element("thumbnails").querySelectorAll("button")].find(({ dataset }) => dataset.name === image.name);
    if (button) label(button, image);
  }

  // Called when the open image has strokes, or has none any more.
  setEdited(isEdited) {
    const { current } = this;
    this.isEdited = isEdited;
    if (!current || !TODO.includes(current.state)) return;
    const state = isEdited ? "begun" : "untouched";
    if (state === current.state) return;
    current.state = state;
    this.render();
  }

  // Marks the open image and goes to the next one to do; removes the mark if the image has it already.
  async mark(state) {
    const { current } = this;
    if (!current) return;
    const wanted = current.state === state ? (this.isEdited ? "begun" : "untouched") : state;
    const answer = await request(`/state?name=${encodeURIComponent(current.name)}&state=${wanted}`, { method: "POST" });
    if (!answer.ok) return this.showMessage(await answer.text());
    this.onChange((await answer.json()).change);
    current.state = wanted;
    this.render();
    if (wanted === state) this.openNext();
  }

  // Gives the open image the strokes of the one before it, moved as the picture has moved.
  async carry() {
    const source = this.images[this.images.findIndex(({ name }) => name === this.name) - 1];
    if (!source) return this.showMessage("There is no image before this one.");
    const query = new URLSearchParams({ name: this.name, source: source.name });
    const answer = await request(`/carry?${query}`, { method: "POST" });
    if (!answer.ok) return this.showMessage(await answer.text());
    const { note, change } = await answer.json();
    this.onChange(change);
    this.showMessage(note);
  }

  openNext() {
    const { ordered, isFromTop } = this;
    const at = ordered.findIndex(({ name }) => name === this.name);
    const before = ordered.slice(0, Math.max(at, 0));
    const after = ordered.slice(at + 1);
    const others = isFromTop ? [...before, ...after] : [...after, ...before];
    this.isFromTop = false;
    const next = others.find(({ state }) => TODO.includes(state));
    if (next) this.onOpen(next.name);
    else this.showMessage("All images are done or skipped.");
  }

  get shown() {
    const filter = this.element("strip-filter").value;
    const words = this.element("strip-search").value.trim().toLowerCase();
    const fits = ({ state }) => filter === "all" || state === filter || (filter === "todo" && TODO.includes(state));
    return this.ordered.filter((image) => fits(image) && image.name.toLowerCase().includes(words));
  }

  render() {
    const { element, shown } = this;
    const at = Math.max(0, shown.findIndex(({ name }) => name === this.name));
    const near = shown.slice(Math.max(0, at - AROUND), at + AROUND + 1);
    element("thumbnails").replaceChildren(...near.map((image) => this.thumbnail(image)));
    element("thumbnails").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
    const done = this.images.filter(({ state }) => !TODO.includes(state)).length;
    element("strip-count").textContent = `${done} of ${this.images.length} done`;
    const state = this.current?.state;
    element("done").setAttribute("aria-pressed", String(state === "done"));
    element("skip").setAttribute("aria-pressed", String(state === "skipped"));
  }

  thumbnail(image) {
    const { name } = image;
    const [item, button, picture, mark] = ["li", "button", "img", "span"].map((kind) => document.createElement(kind));
    if (name === this.name) button.setAttribute("aria-current", "true");
    picture.loading = "lazy";
    picture.alt = "";
    picture.src = `/thumbnail?name=${encodeURIComponent(name)}`;
    button.dataset.name = name;
    button.append(picture, mark);
    label(button, image);
    button.addEventListener("click", () => this.onOpen(name));
    item.append(button);
    return item;
  }
}

function label(button, { name, state, estimate }) {
  const guess = typeof estimate === "number" ? `, IoU about ${estimate.toFixed(2)}` : "";
  button.title = `${name}: ${state}${guess}`;
  button.setAttribute("aria-label", button.title);
  button.dataset.state = state;
  button.querySelector("span").textContent = MARKS[state];
}
