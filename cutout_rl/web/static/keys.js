// The keys, and what the list of them says.

export const KEYS = [
  ["Left / right button", "draw inside / outside"],
  ["X", "swap the two, for devices with one button"],
  ["Wheel, [ and ]", "width of the pen"],
  ["Ctrl+wheel, + and −, 0", "zoom; fit"],
  ["Space and drag, middle button", "move the image; on a touch screen, two fingers"],
  ["E", "erase"],
  ["B", "drag a box to cut in, then click where the mask is wrong"],
  ["Ctrl+Z, Ctrl+Shift+Z", "undo, redo"],
  ["A", "call all that is not marked background"],
  ["V", "edit: pick strokes by click or with , and . – Delete removes, X turns to the other side, arrows walk through annotated images"],
  ["1 2 3 4 5", "image, blend, cut-out, mask, the network’s guess"],
  ["← →", "previous and next image"],
  ["N, G", "the agent makes one move; finishes"],
  ["T, C", "the network learns, or stops; starts the cut"],
  ["Play: arrows, Home, End, Page keys, number pad", "move the inside pen; with Shift, the outside pen"],
  ["Play: left / right click", "move the inside / outside pen that way"],
  ["?", "this list"],
];

// Directions are N clockwise, as the game counts them.
const MOVES = {
  ArrowUp: 0, PageUp: 1, ArrowRight: 2, PageDown: 3, ArrowDown: 4, End: 5, ArrowLeft: 6, Home: 7,
  Numpad8: 0, Numpad9: 1, Numpad6: 2, Numpad3: 3, Numpad2: 4, Numpad1: 5, Numpad4: 6, Numpad7: 7,
};

export function listen(actions, isGame) {
  const keys = {
    x: "swap", e: "erase", b: "box", "[": "narrower", "]": "wider", "+": "zoomIn", "=": "zoomIn", "-": "zoomOut", 0: "fit",
    1: "image", 2: "blend", 3: "cutout", 4: "mask", 5: "guess", n: "assistOne", g: "assistAll", "?": "help",
    a: "rest", v: "edit", ",": "pickPrevious", ".": "pickNext", Delete: "remove", Backspace: "remove", t: "train", c: "startCut",
    ArrowLeft: "previous", ArrowRight: "next",
  };
  const typing = (event) => event.target.closest("input:not([type=range]), select, textarea, dialog");
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
    } else if (isGame() && !event.target.closest("input") && (event.code in MOVES || event.key in MOVES)) {
      event.preventDefault();
      actions.go(event.shiftKey ? 1 : 0, MOVES[event.code] ?? MOVES[event.key]);
    } else {
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      if (!(key in keys) || (event.target.closest("input") && key.startsWith("Arrow"))) return;
      event.preventDefault();
      actions[keys[key]]();
    }
  });
  addEventListener("keyup", (event) => event.key === " " && actions.space(false));
  addEventListener("blur", () => actions.space(false));
}
