// The choice of the agent that assists: each with the images that it is for.

import { request } from "./request.js";

export class AgentChoice {
  constructor(element, { showMessage }) {
    this.select = element("agent");
    this.showMessage = showMessage;
    this.name = "";
    this.select.addEventListener("change", () => this.choose(this.select.value));
  }

  // Takes the list of the server: {name, purpose, about, problem}.
  take(agents, name) {
    this.select.replaceChildren(...agents.map((agent) => optionOf(agent)));
    this.show(name);
  }

  // Called with the agent of each frame, which another window may have chosen.
  show(name) {
    if (this.select.disabled || name === this.name) return;
    this.name = this.select.value = name;
    this.select.title = this.select.selectedOptions[0]?.title ?? "";
  }

  async choose(name) {
    this.select.disabled = true; // it takes seconds
    this.showMessage(`${name} is loading…`);
    const answer = await request(`/agent?name=${encodeURIComponent(name)}`, { method: "POST" });
    this.select.disabled = false;
    if (answer.ok) {
      this.show(name);
      this.showMessage(`${name} assists from now on.`);
    } else {
      this.select.value = this.name;
      this.showMessage(await answer.text());
    }
  }
}

function optionOf({ name, purpose, about, problem }) {
  const text = purpose ? `${purpose}: ${name}` : problem ? `${name}: ${problem}` : name;
  const option = new Option(text, name);
  option.title = problem || about;
  option.disabled = problem !== "";
  return option;
}
