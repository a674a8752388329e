// The list of objects: their classes, names and order, and which of them is drawn on.

const SHADES = [0, 0.45, -0.4, 0.7, -0.6]; // of objects of one class, one after the other: lighter or darker

export class Objects {
  constructor(element, { command, onSelected }) {
    Object.assign(this, { element, command, onSelected });
    this.objects = []; // the topmost first
    this.classes = [];
    this.current = 1;
    element("add-object").addEventListener("click", () => this.add());
    element("object-class").addEventListener("change", ({ target }) => this.change({ category: Number(target.value) }));
    element("object-name").addEventListener("change", ({ target }) => this.change({ name: target.value.trim() }));
    element("object-up").addEventListener("click", () => this.command({ do: "move_object", object: this.current, step: -1 }));
    element("object-down").addEventListener("click", () => this.command({ do: "move_object", object: this.current, step: 1 }));
    element("object-remove").addEventListener("click", () => this.command({ do: "remove_object", object: this.current }));
  }

  get selected() {
    return this.objects.find(({ number }) => number === this.current);
  }

  // Returns the colour of an object: that of its class, in a shade of its own.
  colourOf({ number, category }) {
    const colour = this.classes.find(({ id }) => id === category)?.colour ?? "#808080";
    const alike = this.objects.filter((object) => object.category === category && object.number < number).length;
    const shade = SHADES[alike % SHADES.length];
    const channel = (at) => {
      const level = parseInt(colour.slice(at, at + 2), 16);
      return Math.round(level + shade * (shade > 0 ? 255 - level : level)).toString(16).padStart(2, "0");
    };
    return `#${channel(1)}${channel(3)}${channel(5)}`;
  }

  // Called for each note of the server about objects.
  show({ current, objects, classes }) {
    const before = JSON.stringify([this.objects, this.classes, this.current]);
    Object.assign(this, { current, objects, classes: classes.classes });
    if (JSON.stringify([objects, this.classes, current]) === before) return;
    const focused = this.element("objects").contains(document.activeElement);
    this.element("objects").replaceChildren(...objects.map((object) => this.row(object)));
    if (focused) this.element("objects").querySelector('[aria-pressed="true"]')?.focus();
    this.showSelected();
  }

  // Returns what the board shows of a note that `show` has taken.
  pictureOf({ current, objects, classes, masks }) {
    return {
      current,
      colour: this.colourOf(this.selected),
      hidden: this.selected.hidden,
      overlap: classes.overlap,
      masks: masks && { ...masks, numbers: objects.map(({ number }) => number) },
      colours: new Map(objects.map((object) => [object.number, this.colourOf(object)])),
    };
  }

  labelOf({ number, category, name }) {
    return name || `${this.classes.find(({ id }) => id === category)?.name ?? `class ${category}`} ${number}`;
  }

  row(object) {
    const label = this.labelOf(object);
    const [row, pick, swatch, text, eye] = ["li", "button", "span", "span", "button"].map((kind) => document.createElement(kind));
    pick.className = "object";
    swatch.className = "swatch";
    swatch.style.background = this.colourOf(object);
    text.textContent = object.edited ? label : `${label} (empty)`;
    pick.append(swatch, text);
    pick.setAttribute("aria-pressed", String(object.number === this.current));
    pick.addEventListener("click", () => this.select(object.number));
    eye.className = "eye";
    eye.textContent = object.hidden ? "Show" : "Hide";
    eye.setAttribute("aria-label", `${eye.textContent} ${label}`);
    eye.addEventListener("click", () => this.command({ do: "change_object", object: object.number, hidden: !object.hidden }));
    row.append(pick, eye);
    return row;
  }

  showSelected() {
    const { element, selected } = this;
    if (!selected) return;
    element("object-class").replaceChildren(...this.classes.map(({ id, name }) => new Option(name, id)));
    if (!this.classes.some(({ id }) => id === selected.category)) {
      element("object-class").append(new Option(`class ${selected.category}`, selected.category));
    }
    element("object-class").value = selected.category;
    if (document.activeElement !== element("object-name")) element("object-name").value = selected.name;
    const place = this.objects.indexOf(selected);
    element("object-up").disabled = place === 0;
    element("object-down").disabled = place === this.objects.length - 1;
    this.onSelected(selected);
  }

  add() {
    this.command({ do: "add_object" });
  }

  select(number) {
    if (!number || number === this.current) return;
    this.command({ do: "select_object", object: number });
  }

  // Selects the object that many places further down the list, around its ends.
  step(step) {
    const place = this.objects.findIndex(({ number }) => number === this.current);
    this.select(this.objects.at((place + step) % this.objects.length).number);
  }

  change(changes) {
    this.command({ do: "change_object", object: this.current, ...changes });
  }

  toggle() {
    if (this.selected) this.change({ hidden: !this.selected.hidden });
  }

  // Gives the selected object the class of a key, 1 to 9.
  setClassOfKey(key) {
    if (this.classes[key - 1]) this.change({ category: this.classes[key - 1].id });
  }
}
