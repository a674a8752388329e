// The views of an image, of which one is chosen: image, blend, cut-out, mask, prediction; and their tint.

export class Views {
  constructor(element, { board, link }) {
    Object.assign(this, { element, board, link });
    this.chosen = "blend";
    this.buttons = [...document.querySelectorAll(".view")];
    for (const button of this.buttons) button.addEventListener("click", () => this.choose(button.dataset.view));
    element("tint").addEventListener("input", () => {
      element("tint-value").textContent = element("tint").value;
      this.choose(this.chosen);
    });
  }

  get isPrediction() {
    return this.chosen === "prediction";
  }

  choose(view) {
    const before = this.isPrediction;
    this.chosen = view;
    if (before !== this.isPrediction) this.link.send({ do: "watch_prediction", on: this.isPrediction });
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.dataset.view === view));
    this.board.restyle(view, Number(this.element("tint").value) / 100);
  }
}
