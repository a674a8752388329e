// Keyboard shortcuts. keys.json is their only source: the key bindings, the help dialog and the hints on buttons are
// built from it, and a test compares the table in docs/page.md with it.

const SHORTCUTS = await (await fetch("/static/keys.json")).json();
const BINDINGS = Object.assign({}, ...SHORTCUTS.map(({ bindings }) => bindings)); // key -> action
const MOVES = Object.assign({}, ...SHORTCUTS.map(({ moves }) => moves)); // key or its code -> direction, N clockwise

export function showHelp(list) {
  for (const { keys, help } of SHORTCUTS) {
    const [term, text] = [document.createElement("dt"), document.createElement("dd")];
    [term.textContent, text.textContent] = [keys, help];
    list.append(term, text);
  }
}

export function addHints() {
  for (const { hints } of SHORTCUTS) {
    for (const [selector, key] of Object.entries(hints ?? {})) {
      const control = document.querySelector(selector);
      control.title = `${control.title} (${key})`.trimStart();
    }
  }
}

export function listen(actions, isGame) {
  const typing = (event) => event.target.closest("input:not([type=range]), select, textarea, dialog, summary");
  addEventListener("keydown", (event) => {
    if (typing(event) || event.altKey) return;
    const onControl = event.target.closest("button, input");
    if (event.ctrlKey || event.metaKey) {
      const key = event.key.toLowerCase();
      if (key !== "z" && key !== "y") return;
      event.preventDefault();
      actions[key === "y" || event.shiftKey ? "redo" : "undo"]();
    } else if (event.key === " ") {
      if (onControl) return;
      event.preventDefault();
      actions.space(true);
    } else if (!isGame() && event.shiftKey && /^Digit[1-9]$/.test(event.code)) {
      event.preventDefault();
      actions.classOfKey(Number(event.code.at(-1)));
    } else if (!isGame() && event.shiftKey && event.key in MOVES && event.key.startsWith("Arrow") && !event.target.closest("input")) {
      event.preventDefault();
      actions.movePen(MOVES[event.key]);
    } else if (!isGame() && event.key === "Enter" && !onControl) {
      event.preventDefault();
      actions.pressPen();
    } else if (isGame() && !event.target.closest("input") && (event.code in MOVES || event.key in MOVES)) {
      event.preventDefault();
      actions.go(event.shiftKey ? 1 : 0, MOVES[event.code] ?? MOVES[event.key]);
    } else {
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      if (!(key in BINDINGS) || (event.target.closest("input") && key.startsWith("Arrow"))) return;
      event.preventDefault();
      actions[BINDINGS[key]]();
    }
  });
  addEventListener("keyup", (event) => event.key === " " && actions.space(false));
  addEventListener("blur", () => actions.space(false));
}
