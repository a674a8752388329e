// The agent cuts all untouched images in the background: its button and its bar.

import { request } from "./request.js";

const EVERY = 500; // ms between two questions about the progress

export class Finishing {
  constructor(element, { strip, showMessage }) {
    Object.assign(this, { element, strip, showMessage });
    this.received = 0; // images finished in this run, as far as the page knows
    this.isRunning = false;
    element("finish-all").addEventListener("click", () => this.toggle());
  }

  async toggle() {
    const answer = await request(`/finishing?do=${this.isRunning ? "stop" : "start"}`, { method: "POST" });
    if (!answer.ok) return this.showMessage(await answer.text());
    if (this.isRunning) return;
    this.isRunning = true;
    this.received = 0;
    this.poll();
  }

  // Follows the work until it ends; also called when the page is opened.
  async poll() {
    const answer = await request(`/finishing?since=${this.received}`);
    if (!answer.ok) return setTimeout(() => this.poll(), 4 * EVERY);
    const state = await answer.json();
    const wasRunning = this.isRunning;
    this.received += state.finished.length;
    this.strip.finished(state.finished);
    this.show(state);
    if (state.running) setTimeout(() => this.poll(), EVERY);
    else if (wasRunning) this.end(state);
  }

  show({ running, done, total }) {
    const { element } = this;
    this.isRunning = running;
    element("finish-all").textContent = running ? "Stop finishing" : "Finish all images";
    element("finishing").hidden = !running;
    element("finishing-bar").max = Math.max(1, total);
    element("finishing-bar").value = done;
    element("finishing-count").textContent = `${done} of ${total}`;
  }

  end({ stopped, total, problems, problem }) {
    const count = this.received === 1 ? "1 image" : `${this.received} images`;
    const parts = [stopped ? `Stopped: ${count} of ${total} finished.` : `${count} finished.`];
    if (problems) parts.push(`${problems} left out: ${problem.trim()}`);
    if (this.received && this.strip.hasEstimates) {
      this.strip.order("worst");
      parts.push("The worst come first; Next to do opens them.");
    } else if (this.received) parts.push("This agent makes no estimate of the IoU, so the images stay in the order of the folder.");
    this.showMessage(parts.join(" "));
  }
}
