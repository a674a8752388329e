// The network that is trained while users draw: its state, its controls and its newest prediction.

const round = (value) => Number(value.toPrecision(2));
const power = (exponent) => round(10 ** Number(exponent));
const nearZero = { learning_rate: 1e-5, weight_decay: 0 }; // the value at the left end of a logarithmic slider

const SLIDERS = [
  { id: "learning-rate", setting: "learning_rate", logarithmic: true },
  { id: "weight-decay", setting: "weight_decay", logarithmic: true },
  { id: "batch-size", setting: "batch_size" },
  { id: "dilation", setting: "dilation" },
];

export class Network {
  // `command` sends a change of the image.
  constructor(element, { send, command, views, onPrediction, onField }) {
    Object.assign(this, { element, send, command, views, onPrediction, onField });
    this.training = false;
    this.prediction = null; // number and image name of the shown prediction
    this.fetching = false;
    this.touched = new Map(); // slider -> time of the user's last change
    for (const slider of SLIDERS) {
      element(slider.id).addEventListener("input", () => this.slide(slider));
      this.showValue(slider);
    }
    element("reset-network").addEventListener("click", () => send({ do: "reset_network" }));
  }

  train() {
    this.element("learning").open = true;
    if (!this.training) this.views.choose("prediction"); // shows what is trained
    this.send({ do: "set_learning", changes: { training: !this.training } });
  }

  startCut() {
    this.command({ do: "start_cut" });
    if (this.prediction) this.views.choose("blend"); // shows the cut
  }

  // Called when another image is opened; its prediction is fetched even if it was fetched before.
  forget() {
    this.prediction = null;
  }

  valueOf({ id, setting, logarithmic }) {
    const input = this.element(id);
    if (!logarithmic) return Number(input.value);
    return input.value === input.min ? nearZero[setting] : power(input.value);
  }

  showValue(slider) {
    const text = String(this.valueOf(slider)).replace("e-", "e−");
    this.element(`${slider.id}-value`).textContent = text;
    this.element(slider.id).setAttribute("aria-valuetext", text);
  }

  slide(slider) {
    this.touched.set(slider.id, performance.now());
    this.showValue(slider);
    this.send({ do: "set_learning", changes: { [slider.setting]: this.valueOf(slider) } });
  }

  // Shows the trainer's state and the prediction of the open image.
  show(news) {
    const { element } = this;
    this.training = news.training;
    element("train").setAttribute("aria-pressed", String(news.training));
    for (const slider of SLIDERS) {
      const input = element(slider.id);
      if (performance.now() - (this.touched.get(slider.id) ?? -Infinity) < 1000) continue; // the user is moving it
      const value = news[slider.setting];
      if (!slider.logarithmic) input.value = value;
      else input.value = value <= nearZero[slider.setting] ? input.min : Math.log10(value);
      this.showValue(slider);
    }
    element("network-state").textContent = news.failure || this.progress(news);
    element("network-state").classList.toggle("failure", Boolean(news.failure));
    const all = news.inside + news.outside;
    const share = all ? Math.round((100 * news.inside) / all) : 0;
    element("balance").setAttribute("aria-valuenow", String(share));
    element("balance").firstElementChild.style.width = `${share}%`;
    element("balance").classList.toggle("empty", !all);
    element("balance-state").textContent = all
      ? `${share} % of ${all.toLocaleString("en")} px inside, on ${news.images} image${news.images === 1 ? "" : "s"}`
      : "Nothing is annotated yet.";
    element("field-state").textContent = `Receptive field: ${Math.round(news.field)} × ${Math.round(news.field)} px`;
    this.onField(news.field);
    this.fetch(news);
  }

  progress({ training, images, steps, loss, speed }) {
    if (training && !images) return "Waiting for strokes.";
    if (training && loss === null) return "Starting…";
    const made = `${steps.toLocaleString("en")} steps`;
    if (loss === null) return steps ? made : "Not trained yet.";
    return `${made}, loss ${loss.toFixed(3)}${training ? `, ${speed.toFixed(1)} steps/s` : ""}`;
  }

  // Fetches the newest prediction, one at a time; those that were replaced meanwhile are skipped.
  async fetch({ name, prediction }) {
    this.newest = { name, prediction };
    if (this.fetching) return;
    this.fetching = true;
    try {
      while (this.newest.prediction !== null && `${this.newest.prediction} ${this.newest.name}` !== this.prediction) {
        const { name, prediction } = this.newest;
        const answer = await fetch(`/prediction?name=${encodeURIComponent(name)}`);
        if (answer.status !== 200) break; // 204 if it was dropped meanwhile
        const picture = await createImageBitmap(await answer.blob());
        this.prediction = `${prediction} ${name}`;
        this.onPrediction(name, picture);
      }
    } catch {
      // The page shows already that the server is disconnected.
    } finally {
      this.fetching = false;
    }
  }
}
