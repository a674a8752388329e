// The strip of images below the canvas: thumbnails with their states, a filter, and the way to the next one to do.

import { request } from "./request.js";

const AROUND = 30; // thumbnails on either side of the open image; more would make a folder of thousands slow
const MARKS = { untouched: "", begun: "…", done: "✓", skipped: "–" };
const TODO = ["untouched", "begun"];

export class Strip {
  constructor(element, { onOpen, showMessage }) {
    Object.assign(this, { element, onOpen, showMessage });
    this.images = []; // {name, state}
    this.name = "";
    this.isEdited = false; // whether the open image has strokes
    element("strip-filter").addEventListener("change", () => this.render());
    element("strip-search").addEventListener("input", () => this.render());
    element("done").addEventListener("click", () => this.mark("done"));
    element("skip").addEventListener("click", () => this.mark("skipped"));
    element("next-todo").addEventListener("click", () => this.openNext());
    element("carry").addEventListener("click", () => this.carry());
  }

  take(images) {
    this.images = images;
    this.render();
  }

  show(name) {
    this.name = name;
    this.render();
  }

  get current() {
    return this.images.find(({ name }) => name === this.name);
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
    this.showMessage(await answer.text());
  }

  openNext() {
    const at = this.images.findIndex(({ name }) => name === this.name);
    const others = [...this.images.slice(at + 1), ...this.images.slice(0, Math.max(at, 0))];
    const next = others.find(({ state }) => TODO.includes(state));
    if (next) this.onOpen(next.name);
    else this.showMessage("All images are done or skipped.");
  }

  get shown() {
    const filter = this.element("strip-filter").value;
    const words = this.element("strip-search").value.trim().toLowerCase();
    const fits = ({ state }) => filter === "all" || state === filter || (filter === "todo" && TODO.includes(state));
    return this.images.filter((image) => fits(image) && image.name.toLowerCase().includes(words));
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

  thumbnail({ name, state }) {
    const [item, button, picture, mark] = ["li", "button", "img", "span"].map((kind) => document.createElement(kind));
    button.title = `${name}: ${state}`;
    button.setAttribute("aria-label", button.title);
    button.dataset.state = state;
    if (name === this.name) button.setAttribute("aria-current", "true");
    picture.loading = "lazy";
    picture.alt = "";
    picture.src = `/thumbnail?name=${encodeURIComponent(name)}`;
    mark.textContent = MARKS[state];
    button.append(picture, mark);
    button.addEventListener("click", () => this.onOpen(name));
    item.append(button);
    return item;
  }
}
