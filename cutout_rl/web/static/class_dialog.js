// The dialog of classes: names, colours, and the rules for objects of one image.

import { request } from "./request.js";

const LARGEST_ID = 2 ** 31; // that the server takes

export class ClassDialog {
  // `onChange` takes the number of a change that undo takes back.
  constructor(element, { onChange }) {
    Object.assign(this, { element, onChange });
    this.classes = { classes: [], overlap: false, exclude: true };
    element("classes-open").addEventListener("click", () => this.open());
    element("class-add").addEventListener("click", () => this.addRow().querySelector("input[type=text]").focus());
    element("classes-save").addEventListener("click", () => this.save());
    element("classes-cancel").addEventListener("click", () => element("classes").close());
  }

  open() {
    this.element("class-rows").replaceChildren();
    this.classes.classes.forEach((each) => this.addRow(each));
    this.element("overlap").checked = this.classes.overlap;
    this.element("exclude").checked = this.classes.exclude;
    this.element("classes").showModal();
  }

  addRow({ id, name, colour } = {}) {
    const rows = this.element("class-rows");
    const [row, swatch, text, key, remove] = ["li", "input", "input", "span", "button"].map((kind) => document.createElement(kind));
    row.dataset.id = id ?? "";
    [swatch.type, swatch.value, swatch.ariaLabel] = ["color", colour ?? this.newColour(rows.childElementCount), "Colour"];
    [text.type, text.value, text.maxLength, text.ariaLabel] = ["text", name ?? "", 80, "Name of the class"];
    key.className = "key";
    [remove.textContent, remove.type] = ["Remove", "button"];
    remove.addEventListener("click", () => {
      row.remove();
      this.showKeys();
    });
    row.append(swatch, text, key, remove);
    rows.append(row);
    this.showKeys();
    return row;
  }

  showKeys() {
    [...this.element("class-rows").children].forEach((row, place, rows) => {
      row.querySelector(".key").textContent = place < 9 ? `Shift+${place + 1}` : "";
      row.querySelector("button").disabled = rows.length === 1;
    });
  }

  newColour(count) {
    const hue = (216 + 137.5 * count) % 360; // golden-angle steps give distinct colours
    const channel = (n) => {
      const k = (n + hue / 60) % 6;
      return Math.round(230 - 172 * Math.max(0, Math.min(k, 4 - k, 1))).toString(16).padStart(2, "0");
    };
    return `#${channel(5)}${channel(3)}${channel(1)}`;
  }

  async save() {
    const rows = [...this.element("class-rows").children];
    const used = new Set(this.classes.classes.map(({ id }) => id));
    const take = () => {
      let id = Math.max(0, ...used) + 1;
      if (id > LARGEST_ID) for (id = 1; used.has(id); ) id++;
      used.add(id);
      return id;
    };
    const classes = rows.map((row) => ({
      id: Number(row.dataset.id) || take(),
      name: row.querySelector("input[type=text]").value.trim(),
      colour: row.querySelector("input[type=color]").value,
    }));
    if (classes.some(({ name }) => !name)) return this.showProblem("Every class needs a name.");
    const body = JSON.stringify({ classes, overlap: this.element("overlap").checked, exclude: this.element("exclude").checked });
    const answer = await request("/classes", { method: "POST", body });
    if (!answer.ok) return this.showProblem(await answer.text());
    const { change } = await answer.json();
    if (change !== null) this.onChange(change);
    this.showProblem("");
    this.element("classes").close();
  }

  showProblem(text) {
    this.element("classes-problem").textContent = text;
  }
}
