// Play mode: a game under the agent's rules, and its controls.

import { buildPad, describe, directionOf, showScores } from "./game.js";

const STOP = 16;

export class GameMode {
  constructor(element, { board, command, status }) {
    Object.assign(this, { element, board, command, status });
    this.mover = 0;
    this.facts = null;
    this.waiting = false; // for the scores
    this.movers = [...document.querySelectorAll(".mover")];
    this.movers.forEach((button) => button.addEventListener("click", () => this.setMover(Number(button.dataset.pen))));
    buildPad(element("pad"), (direction) => this.go(this.mover, direction));
    element("new-game").addEventListener("click", () => this.start());
    element("leave-game").addEventListener("click", () => this.move(STOP));
  }

  start() {
    this.waiting = false;
    this.command({ do: "play" });
  }

  open({ image, name }) {
    const [height, width] = [image.length, image[0].length];
    const pixels = new ImageData(width, height);
    image.flat().forEach((colour, i) => pixels.data.set([...colour, 255], 4 * i));
    const picture = document.createElement("canvas");
    [picture.width, picture.height] = [width, height];
    picture.getContext("2d").putImageData(pixels, 0, 0);
    this.board.open(picture, [height, width]);
    this.status.write("status", `${name}, ${width} × ${height} px`);
  }

  show(facts) {
    this.facts = facts;
    this.element("game-state").textContent = describe(facts, this.waiting);
    this.element("leave-game").disabled = facts.done;
    this.element("pad").querySelectorAll("button").forEach((button) => (button.disabled = facts.done));
  }

  showScores(rows, finished) {
    this.waiting = false;
    showScores(this.element("scores"), rows);
    if (finished && this.facts) this.show(this.facts);
  }

  move(action) {
    if (!this.facts || this.facts.done || this.waiting) return;
    this.waiting = action === STOP || this.facts.step + 1 === this.facts.step_count;
    this.command({ do: "move", action, name: this.element("player").value });
    if (this.waiting) this.element("game-state").textContent = describe(this.facts, true);
  }

  go(pen, direction) {
    this.move(8 * pen + direction);
  }

  click(point, right) {
    const pen = right ? 1 : this.mover;
    const head = this.facts?.heads?.[pen];
    if (head) this.go(pen, directionOf([head[0] + 0.5, head[1] + 0.5], point));
  }

  setMover(pen) {
    this.mover = pen;
    this.movers.forEach((button) => button.setAttribute("aria-pressed", String(Number(button.dataset.pen) === pen)));
  }
}
