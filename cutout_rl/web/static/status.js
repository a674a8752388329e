// The texts and the states of controls that follow the newest frame.

const VIEWED = 4000; // ms that a message is shown

export class Status {
  constructor(element) {
    this.element = element;
    this.fading = 0;
  }

  message(text) {
    const place = this.element("message");
    place.textContent = text;
    place.classList.add("shown");
    clearTimeout(this.fading);
    this.fading = setTimeout(() => place.classList.remove("shown"), VIEWED);
  }

  // Sets a text only if it differs: an equal one triggers a layout too, and masks arrive many times a second.
  write(name, text) {
    const place = this.element(name);
    if (place.textContent !== text) place.textContent = text;
  }

  score({ iou, estimated_iou: estimate }) {
    const guess = typeof estimate === "number" ? `IoU about ${estimate.toFixed(2)}` : "";
    this.write("score", iou === null ? guess : `IoU ${iou.toFixed(3)}`);
  }

  drawing(facts) {
    const { element } = this;
    element("undo").disabled = !facts.undo;
    element("redo").disabled = !facts.redo;
    element("clear").disabled = !facts.strokes;
    element("remove-agent-strokes").disabled = !facts.by_agent;
    this.write("assist-all", facts.assisting ? "Pause" : "Finish");
    const [left, top, right, bottom] = facts.view;
    element("whole").hidden = left === 0 && top === 0 && right === facts.size[1] && bottom === facts.size[0];
    this.selected(facts);
    const agent = facts.by_agent ? `, ${facts.by_agent} by the agent` : "";
    const size = `${facts.size[1]} × ${facts.size[0]} px, cut at ${facts.width} × ${facts.height}`;
    this.write("status", `${size}; ${facts.strokes} stroke${facts.strokes === 1 ? "" : "s"}${agent}`);
  }

  selected({ selected, strokes }) {
    const { element } = this;
    element("select-previous").disabled = element("select-next").disabled = !strokes;
    element("remove").disabled = !selected;
    element("flip").disabled = !selected?.points || selected.pen === "erase";
    const others = { box: "a box", rest: "all background", pixels: "an import", outline: "a change of the outline" };
    const kind = Object.keys(others).find((key) => selected?.[key]);
    const what = others[kind] ?? (selected && `${selected.pen}, by ${selected.by}`);
    this.write("selected", selected ? `${selected.number} of ${strokes}: ${what}` : "Click a stroke to select it.");
  }
}
