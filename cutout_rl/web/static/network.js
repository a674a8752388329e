// The network that learns while people draw: its state in words, its controls, and its newest guess.

const round = (value) => Number(value.toPrecision(2));
const power = (exponent) => round(10 ** Number(exponent));
const nearZero = { learning_rate: 1e-5, weight_decay: 0 }; // what the left end of a slider of powers stands for

const SLIDERS = [
  { id: "learning-rate", setting: "learning_rate", powers: true },
  { id: "weight-decay", setting: "weight_decay", powers: true },
  { id: "batch-size", setting: "batch_size" },
  { id: "dilation", setting: "dilation" },
];

export class Network {
  constructor(element, { send, onGuess, onField }) {
    Object.assign(this, { element, send, onGuess, onField });
    this.training = false;
    this.guess = null; // number of the guess that is shown, and whose
    this.fetching = false;
    this.touched = new Map(); // slider -> when a person moved it last
    for (const slider of SLIDERS) {
      element(slider.id).addEventListener("input", () => this.slide(slider));
      this.showValue(slider);
    }
    element("begin-anew").addEventListener("click", () => send({ do: "begin_anew" }));
  }

  toggle() {
    this.send({ do: "learn", changes: { training: !this.training } });
  }

  // Another image is opened, whose guess is to be fetched even if it was before.
  turnAway() {
    this.guess = null;
  }

  valueOf({ id, setting, powers }) {
    const input = this.element(id);
    if (!powers) return Number(input.value);
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
    this.send({ do: "learn", changes: { [slider.setting]: this.valueOf(slider) } });
  }

  // Takes what the server says of the network and of the guess of the image that is open.
  tell(news) {
    const { element } = this;
    this.training = news.training;
    element("train").setAttribute("aria-pressed", String(news.training));
    for (const slider of SLIDERS) {
      const input = element(slider.id);
      if (performance.now() - (this.touched.get(slider.id) ?? -Infinity) < 1000) continue; // still in hand
      const value = news[slider.setting];
      if (!slider.powers) input.value = value;
      else input.value = value <= nearZero[slider.setting] ? input.min : Math.log10(value);
      this.showValue(slider);
    }
    element("network-state").textContent = news.trouble || this.progress(news);
    element("network-state").classList.toggle("trouble", Boolean(news.trouble));
    const all = news.inside + news.outside;
    const share = all ? Math.round((100 * news.inside) / all) : 0;
    element("balance").setAttribute("aria-valuenow", String(share));
    element("balance").firstElementChild.style.width = `${share}%`;
    element("balance").classList.toggle("empty", !all);
    element("balance-state").textContent = all
      ? `${share} % of ${all.toLocaleString("en")} px inside, on ${news.images} image${news.images === 1 ? "" : "s"}`
      : "Nothing is annotated yet.";
    element("field-state").textContent = `A guess looks at ${Math.round(news.field)} × ${Math.round(news.field)} px.`;
    this.onField(news.field);
    this.fetch(news);
  }

  progress({ training, images, steps, loss, speed }) {
    if (training && !images) return "It waits for strokes to learn from.";
    if (training && loss === null) return "It is starting…";
    const made = `${steps.toLocaleString("en")} steps`;
    if (loss === null) return steps ? made : "It has learnt nothing yet.";
    return `${made}, loss ${loss.toFixed(3)}${training ? `, ${speed.toFixed(1)} a second` : ""}`;
  }

  // Fetches the newest guess, one at a time; what came between is never asked for.
  async fetch({ name, guess }) {
    this.newest = { name, guess };
    if (this.fetching) return;
    this.fetching = true;
    try {
      while (this.newest.guess !== null && `${this.newest.guess} ${this.newest.name}` !== this.guess) {
        const { name, guess } = this.newest;
        const answer = await fetch(`/guess?name=${encodeURIComponent(name)}`);
        if (answer.status !== 200) break; // 204 where it was forgotten meanwhile
        const picture = await createImageBitmap(await answer.blob());
        this.guess = `${guess} ${name}`;
        this.onGuess(name, picture);
      }
    } catch {
      // The server is away, which the page says already.
    } finally {
      this.fetching = false;
    }
  }
}
