// Puts the page together.

import { Board } from "./board.js";
import { Camera } from "./camera.js";
import { buildPad, describe, directionOf, showScores } from "./game.js";
import { KEYS, listen } from "./keys.js";
import { Link } from "./link.js";
import { Network } from "./network.js";
import { Pens } from "./pens.js";

const $ = (id) => document.getElementById(id);
const all = (selector) => [...document.querySelectorAll(selector)];
const STOP = 16;
const MOST_TIMED = 5000; // measurements kept

const state = { mode: "draw", tool: "inside", mover: 0, view: "blend", name: "", facts: null, waiting: false };
const timed = new Map(); // message number -> when its event happened
const board = new Board($("board"));
const isGame = () => state.mode === "game";

// ---- telling

let fading = 0;
function say(text) {
  $("message").textContent = text;
  $("message").classList.add("shown");
  clearTimeout(fading);
  fading = setTimeout(() => $("message").classList.remove("shown"), 4000);
}

// A text that is set anew has the page laid out anew, even if it is the same; masks come many times a second.
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function tell(facts) {
  state.facts = facts;
  write($("score"), facts.iou === null ? "" : `IoU ${facts.iou.toFixed(3)}`);
  if (facts.mode === "game") {
    $("game-state").textContent = describe(facts, state.waiting);
    $("leave-game").disabled = facts.done;
    all("#pad button").forEach((button) => (button.disabled = facts.done));
    return;
  }
  $("undo").disabled = !facts.undo;
  $("redo").disabled = !facts.redo;
  $("clear").disabled = !facts.strokes;
  $("take-back").disabled = !facts.by_agent;
  write($("assist-all"), facts.assisting ? "Pause" : "Finish");
  const [left, top, right, bottom] = facts.view;
  $("whole").hidden = left === 0 && top === 0 && right === facts.size[1] && bottom === facts.size[0];
  tellPicked(facts);
  const option = $("images").selectedOptions[0];
  if (option) write(option, facts.strokes ? `${facts.name} ✓` : facts.name);
  const agent = facts.by_agent ? `, ${facts.by_agent} by the agent` : "";
  const size = `${facts.size[1]} × ${facts.size[0]} px, cut at ${facts.width} × ${facts.height}`;
  write($("status"), `${size}; ${facts.strokes} strokes${agent}`);
}

function tellPicked({ picked, strokes }) {
  $("pick-previous").disabled = $("pick-next").disabled = !strokes;
  $("remove").disabled = !picked;
  $("turn").disabled = !picked?.points || picked.pen === "erase";
  const others = picked?.box ? "a box" : picked?.rest ? "all background" : picked?.pixels ? "an import" : null;
  const what = others ?? (picked && `${picked.pen}, by ${picked.by}`);
  write($("picked"), picked ? `${picked.number} of ${strokes}: ${what}` : "Click a stroke to pick it.");
}

// The time from a pen's event until its mask is on the canvas, for those who ask the browser's performance timeline.
let measured = 0;
function measure(seen) {
  for (const [id, time] of timed) {
    if (id > seen) continue;
    performance.measure("stroke to mask", { start: time, end: performance.now() });
    timed.delete(id);
    if (++measured % MOST_TIMED === 0) performance.clearMeasures("stroke to mask");
  }
}

// ---- talking to the server

const link = new Link({
  onOpen: () => {
    link.send({ do: "look", on: state.view === "guess" });
    if (isGame()) startGame();
    else if (state.name) link.send({ do: "open", name: state.name });
  },
  onFrame: (frame) => {
    const { facts } = frame;
    if (facts.mode !== state.mode || (facts.mode === "draw" && facts.name !== state.name)) return;
    board.show(frame);
    if (facts.mode === "draw") measure(facts.seen);
    tell(facts);
  },
  onNote: (note) => {
    if (note.error) {
      board.pending = [];
      say(note.error);
    }
    if (note.note) say(note.note);
    if (note.network && note.network.name === state.name) network.tell(note.network);
    if (note.game && isGame()) openGame(note.game);
    if (note.scores) {
      state.waiting = false;
      showScores($("scores"), note.scores);
      if (note.finished && state.facts?.mode === "game") tell(state.facts);
    }
  },
  onState: (on) => {
    $("connection").textContent = on ? "connected" : "the server is away; trying again";
    timed.clear();
    board.pending = [];
  },
});

async function about() {
  const facts = await (await fetch("/about")).json();
  $("agent").textContent = facts.agent;
  $("images").replaceChildren(...facts.images.map(({ name, touched }) => new Option(touched ? `${name} ✓` : name, name)));
  $("export-kind").replaceChildren(...facts.exports.map((kind) => new Option(kind, kind)));
  $("import-kind").replaceChildren(...facts.imports.map((kind) => new Option(kind, kind)));
  $("mode-game").disabled = !facts.game;
  $("mode-game").title = facts.game ? "" : "The game needs images with masks to score by";
  showScores($("scores"), facts.scores);
  return facts;
}

async function open(name) {
  state.name = name;
  $("images").value = name;
  history.replaceState(null, "", `#${encodeURIComponent(name)}`);
  const answer = await fetch(`/image?name=${encodeURIComponent(name)}`);
  if (!answer.ok) return say(await answer.text());
  const picture = await createImageBitmap(await answer.blob());
  if (state.name !== name || isGame()) return;
  network.turnAway();
  board.open(picture, answer.headers.get("Image-Size").split(",").map(Number)); // a large one is shown smaller
  link.send({ do: "open", name });
}

function walk(step) {
  const options = [...$("images").options];
  const at = options.findIndex((option) => option.value === state.name);
  const wanted = (option) => state.tool !== "edit" || option.text.endsWith("✓"); // who edits goes where strokes are
  for (let to = at + step; to >= 0 && to < options.length; to += step) {
    if (wanted(options[to])) return open(options[to].value);
  }
}

// ---- drawing

function onStroke(stroke, points, { start = false, end = false, time }) {
  const [height, width] = board.size;
  const inside = points.map(([x, y]) => [Math.min(Math.max(x, 0), width - 1), Math.min(Math.max(y, 0), height - 1)]);
  const id = link.send({ do: "stroke", pen: stroke.pen, width: stroke.width, points: inside, more: !start, end });
  timed.set(id, time);
  const last = board.pending.findLast((piece) => piece.stroke === stroke);
  board.pending.push({ id, stroke, pen: stroke.pen, width: stroke.width, points: [last?.points.at(-1) ?? inside[0], ...inside] });
  board.ask();
}

const CUT_AT = 512; // pixels, of which the slider counts in larger images
const widthOf = () => Number($("width").value);
const widthInImage = () => widthOf() * Math.max(1, Math.max(...board.size) / CUT_AT);
function setWidth(width) {
  $("width").value = Math.min(80, Math.max(1, Math.round(width)));
  $("width-value").textContent = $("width").value;
}

function press(selector, attribute, value) {
  all(selector).forEach((button) => button.setAttribute("aria-pressed", String(button.dataset[attribute] === String(value))));
}

function setTool(tool) {
  if (state.tool === "edit" && tool !== "edit") link.send({ do: "pick" });
  state.tool = tool;
  press(".tool", "tool", tool);
  $("edit").hidden = tool !== "edit";
}

function setView(view) {
  if ((view === "guess") !== (state.view === "guess")) link.send({ do: "look", on: view === "guess" });
  state.view = view;
  press(".view", "view", view);
  board.restyle(view, Number($("tint").value) / 100);
}

const pens = new Pens(board, {
  tool: () => state.tool,
  width: widthInImage,
  onStroke,
  onBox: (box) => {
    if (box[2] - box[0] < 8 || box[3] - box[1] < 8) return say("Drag a larger box.");
    link.send({ do: "box", box });
    setTool("inside");
  },
  onPick: (at) => link.send({ do: "pick", at }),
  onClick: (point, right) => {
    const head = state.facts?.heads?.[right ? 1 : state.mover];
    if (head) go(right ? 1 : state.mover, directionOf([head[0] + 0.5, head[1] + 0.5], point));
  },
  onCancel: () => link.send({ do: "undo" }),
  onWheel: (step) => setWidth(widthOf() + step * Math.max(1, Math.round(widthOf() / 10))),
  isGame,
  isReady: () => isGame() || board.frame?.facts.name === state.name,
});

const network = new Network($, {
  send: (message) => link.send(message),
  onGuess: (name, picture) => name === state.name && !isGame() && board.drawGuess(picture),
  onField: (field) => {
    board.field = field;
    board.ask();
  },
});

// Who has the network learn, or starts a cut from it, wants to see what it thinks.
function train() {
  if (!network.training) setView("guess");
  network.toggle();
}

function startCut() {
  link.send({ do: "start_cut" });
  if (network.guess) setView("blend");
}

const assist = (steps) => link.send({ do: "assist", steps });

// ---- the game

function setMode(mode) {
  if (mode === "game" && state.view === "guess") setView("blend");
  state.mode = document.body.dataset.mode = mode;
  $("mode-draw").setAttribute("aria-pressed", String(mode === "draw"));
  $("mode-game").setAttribute("aria-pressed", String(mode === "game"));
  $("score").textContent = $("status").textContent = "";
  if (mode === "game") startGame();
  else open(state.name);
}

function startGame() {
  state.waiting = false;
  link.send({ do: "play" });
}

function openGame({ image, name }) {
  const [height, width] = [image.length, image[0].length];
  const pixels = new ImageData(width, height);
  image.flat().forEach((colour, i) => pixels.data.set([...colour, 255], 4 * i));
  const picture = document.createElement("canvas");
  [picture.width, picture.height] = [width, height];
  picture.getContext("2d").putImageData(pixels, 0, 0);
  board.open(picture, [height, width]);
  $("status").textContent = `${name}, ${width} × ${height} px`;
}

function move(action) {
  if (!state.facts || state.facts.mode !== "game" || state.facts.done || state.waiting) return;
  state.waiting = action === STOP || state.facts.step + 1 === state.facts.step_count;
  link.send({ do: "move", action, name: $("player").value });
  if (state.waiting) $("game-state").textContent = describe(state.facts, true);
}

const go = (pen, direction) => move(8 * pen + direction);

function setMover(pen) {
  state.mover = pen;
  press(".mover", "pen", pen);
}

// ---- files

async function upload(files) {
  let last = "";
  for (const file of files) {
    const answer = await fetch(`/upload?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file });
    if (answer.ok) last = (await answer.json()).name;
    else say(await answer.text());
  }
  if (!last) return;
  await about();
  open(last);
}

async function importFile(file) {
  if (!file) return;
  link.send({ do: "assist", steps: 0 }); // the agent's next stroke would be kept in place of what is imported
  const query = `kind=${encodeURIComponent($("import-kind").value)}&name=${encodeURIComponent(state.name)}`;
  const answer = await fetch(`/import?${query}`, { method: "POST", body: file });
  $("import").value = ""; // the same file may be chosen again
  if (!answer.ok) return say(await answer.text());
  const { images } = await answer.json();
  await about();
  say(`Imported into ${images.length === 1 ? images[0] : `${images.length} images`}.`);
  open(images.includes(state.name) ? state.name : images[0]);
}

new Camera($, { onPicture: (picture) => upload([picture]), say });

async function exportFile() {
  const kind = $("export-kind").value;
  const query = `kind=${encodeURIComponent(kind)}&name=${encodeURIComponent(state.name)}`;
  const answer = await fetch(`/export?${query}`, { method: "POST" });
  if (!answer.ok) return say(await answer.text());
  const name = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition"))?.[1] ?? kind;
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(await answer.blob());
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 10_000);
  say(`Exported ${name}.`);
}

// ---- strokes of before

const isEditing = () => !isGame() && state.tool === "edit";
const pick = (step) => isEditing() && link.send({ do: "pick", step });
const amend = (change) => link.send({ do: "amend", change });

// ---- wiring

const actions = {
  swap: () => {
    if (isGame()) setMover(1 - state.mover);
    else if (state.tool === "edit") amend("turn");
    else setTool(state.tool === "inside" ? "outside" : "inside");
  },
  erase: () => setTool(state.tool === "erase" ? "inside" : "erase"),
  box: () => setTool(state.tool === "box" ? "inside" : "box"),
  edit: () => isGame() || setTool(state.tool === "edit" ? "inside" : "edit"),
  pickPrevious: () => pick(-1),
  pickNext: () => pick(1),
  remove: () => isEditing() && amend("remove"),
  rest: () => isGame() || link.send({ do: "rest" }),
  train: () => isGame() || train(),
  startCut: () => isGame() || startCut(),
  narrower: () => setWidth(widthOf() - 1),
  wider: () => setWidth(widthOf() + 1),
  zoomIn: () => board.zoomBy(1.25),
  zoomOut: () => board.zoomBy(0.8),
  fit: () => board.fit(),
  image: () => setView("image"),
  blend: () => setView("blend"),
  cutout: () => setView("cutout"),
  mask: () => setView("mask"),
  guess: () => isGame() || setView("guess"),
  assistOne: () => isGame() || assist(1),
  assistAll: () => isGame() || assist(state.facts?.assisting ? 0 : 1000),
  help: () => $("help").showModal(),
  previous: () => walk(-1),
  next: () => walk(1),
  undo: () => isGame() || link.send({ do: "undo" }),
  redo: () => isGame() || link.send({ do: "redo" }),
  space: (on) => (pens.space = on),
  go,
};
listen(actions, isGame);
const clicks = {
  undo: actions.undo, redo: actions.redo, previous: actions.previous, next: actions.next,
  "assist-one": actions.assistOne, "assist-all": actions.assistAll, "help-open": actions.help,
  "zoom-in": actions.zoomIn, "zoom-out": actions.zoomOut, "zoom-fit": actions.fit, export: exportFile,
  clear: () => link.send({ do: "clear" }),
  rest: actions.rest, train, "start-cut": startCut, remove: actions.remove, turn: () => amend("turn"),
  "pick-previous": actions.pickPrevious, "pick-next": actions.pickNext,
  whole: () => link.send({ do: "box", box: null }),
  "take-back": () => link.send({ do: "take_back" }),
  "mode-draw": () => isGame() && setMode("draw"),
  "mode-game": () => isGame() || setMode("game"),
  "new-game": startGame,
  "leave-game": () => move(STOP),
};
for (const [id, action] of Object.entries(clicks)) $(id).addEventListener("click", () => action());
all(".tool").forEach((button) => button.addEventListener("click", () => setTool(button.dataset.tool)));
all(".view").forEach((button) => button.addEventListener("click", () => setView(button.dataset.view)));
all(".mover").forEach((button) => button.addEventListener("click", () => setMover(Number(button.dataset.pen))));
buildPad($("pad"), (direction) => go(state.mover, direction));
$("width").addEventListener("input", () => setWidth(widthOf()));
$("tint").addEventListener("input", () => {
  $("tint-value").textContent = $("tint").value;
  setView(state.view);
});
$("images").addEventListener("change", () => open($("images").value));
$("import").addEventListener("change", () => importFile($("import").files[0]));
$("upload").addEventListener("change", () => upload($("upload").files));
for (const [key, what] of KEYS) {
  const [term, text] = [document.createElement("dt"), document.createElement("dd")];
  [term.textContent, text.textContent] = [key, what];
  $("keys").append(term, text);
}

const facts = await about();
const asked = decodeURIComponent(location.hash.slice(1));
if (!isGame()) open(facts.images.some(({ name }) => name === asked) ? asked : facts.images[0].name);
