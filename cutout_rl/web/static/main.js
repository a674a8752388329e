// The entry point of the page: its state, its messages and its controls.

import { Banner } from "./banner.js";
import { Board } from "./board.js";
import { Camera } from "./camera.js";
import { Files } from "./files.js";
import { buildPad, describe, directionOf, showScores } from "./game.js";
import { addHints, listen, showHelp } from "./keys.js";
import { Link } from "./link.js";
import { Network } from "./network.js";
import { Outbox } from "./outbox.js";
import { Pens } from "./pens.js";
import { request } from "./request.js";

const $ = (id) => document.getElementById(id);
const all = (selector) => [...document.querySelectorAll(selector)];
const STOP = 16;
const MAX_MEASURES = 5000; // kept in the performance timeline

const AWAY = "The server does not answer; strokes are kept, everything else has to wait until it is back.";

const state = { mode: "draw", tool: "inside", mover: 0, view: "blend", name: "", facts: null, waiting: false, folder: null };
const timed = new Map(); // message number -> time of its event
const board = new Board($("board"));
const banner = new Banner($("banner"));
const isGame = () => state.mode === "game";

// ---- text

let fading = 0;
function showMessage(text) {
  $("message").textContent = text;
  $("message").classList.add("shown");
  clearTimeout(fading);
  fading = setTimeout(() => $("message").classList.remove("shown"), 4000);
}

// Sets a text only if it differs: an equal one triggers a layout too, and masks arrive many times a second.
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function showFacts(facts) {
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
  $("remove-agent-strokes").disabled = !facts.by_agent;
  write($("assist-all"), facts.assisting ? "Pause" : "Finish");
  const [left, top, right, bottom] = facts.view;
  $("whole").hidden = left === 0 && top === 0 && right === facts.size[1] && bottom === facts.size[0];
  showSelected(facts);
  const option = $("images").selectedOptions[0];
  if (option) write(option, facts.strokes ? `${facts.name} ✓` : facts.name);
  const agent = facts.by_agent ? `, ${facts.by_agent} by the agent` : "";
  const size = `${facts.size[1]} × ${facts.size[0]} px, cut at ${facts.width} × ${facts.height}`;
  write($("status"), `${size}; ${facts.strokes} strokes${agent}`);
}

function showSelected({ selected, strokes }) {
  $("select-previous").disabled = $("select-next").disabled = !strokes;
  $("remove").disabled = !selected;
  $("flip").disabled = !selected?.points || selected.pen === "erase";
  const others = selected?.box ? "a box" : selected?.rest ? "all background" : selected?.pixels ? "an import" : null;
  const what = others ?? (selected && `${selected.pen}, by ${selected.by}`);
  write($("selected"), selected ? `${selected.number} of ${strokes}: ${what}` : "Click a stroke to select it.");
}

// Adds the time from a pen event until its mask is on the canvas to the browser's performance timeline.
let measured = 0;
function measure(seen) {
  for (const [id, time] of timed) {
    if (id > seen) continue;
    performance.measure("stroke to mask", { start: time, end: performance.now() });
    timed.delete(id);
    if (++measured % MAX_MEASURES === 0) performance.clearMeasures("stroke to mask");
  }
}

// ---- server

const outbox = new Outbox({ isOnline: () => link.isOpen, onChange: showKept });

function showKept() {
  const { size, problem, keeps } = outbox;
  const waiting = size && (!link.isOpen || problem || state.facts?.unsaved);
  const count = size === 1 ? "1 stroke is" : `${size} strokes are`;
  const reason = link.isOpen && problem && !state.facts?.unsaved ? ` Not yet: ${problem.trim()}` : "";
  const place = keeps ? "in this browser, and saved" : "until this page is closed, because the browser's storage is full or off, and saved";
  if (!link.isOpen) {
    $("undo").disabled = !outbox.canUndo(state.name);
    $("redo").disabled = !outbox.canRedo(state.name);
  }
  banner.set("kept", waiting ? `${count} kept ${place} as soon as the server can.${reason}` : "");
}

const link = new Link({
  onOpen: async () => {
    if (state.folder !== null) await resume();
  },
  onFrame: (frame) => {
    const { facts } = frame;
    if (facts.mode !== state.mode || (facts.mode === "draw" && facts.name !== state.name)) return;
    board.show(frame);
    if (facts.mode === "draw") measure(facts.seen);
    showFacts(facts);
    banner.set("unsaved", facts.unsaved ? `The strokes are not saved. ${facts.unsaved}` : "");
    if (facts.mode === "draw" && !facts.unsaved) outbox.confirm(facts.name, facts.seen);
    showKept();
  },
  onNote: (note) => {
    if (note.error) {
      board.pending = [];
      showMessage(note.error);
    }
    if (note.note) showMessage(note.note);
    if (note.damage) banner.set(note.damage, note.damage);
    if (note.network && note.network.name === state.name) network.show(note.network);
    if (note.game && isGame()) openGame(note.game);
    if (note.scores) {
      state.waiting = false;
      showScores($("scores"), note.scores);
      if (note.finished && state.facts?.mode === "game") showFacts(state.facts);
    }
  },
  onState: (on) => {
    $("connection").textContent = on ? "connected" : "disconnected; reconnecting";
    banner.set("connection", on ? "" : "The server does not answer; start it again. You can go on drawing.");
    timed.clear();
    if (!on) outbox.disconnect();
  },
});

// Sends what was kept, and opens the image again, after the connection is back.
async function resume() {
  try {
    const facts = await (await fetch("/about")).json();
    if (facts.folder !== state.folder) {
      banner.set("folder", "Another folder is served at this address now; load this page again.");
      return;
    }
  } catch {
    return; // the connection is lost again
  }
  await outbox.flush();
  link.send({ do: "watch_prediction", on: state.view === "prediction" });
  if (isGame()) startGame();
  else if (state.name) link.send({ do: "open", name: state.name });
}

// Sends a message that cannot be kept.
function command(message) {
  if (link.isOpen) link.send(message);
  else showMessage(AWAY);
}

async function about() {
  const facts = await (await fetch("/about")).json();
  $("agent").textContent = facts.agent;
  $("images").replaceChildren(...facts.images.map(({ name, edited }) => new Option(edited ? `${name} ✓` : name, name)));
  $("export-kind").replaceChildren(...facts.exports.map((kind) => new Option(kind, kind)));
  $("import-kind").replaceChildren(...facts.imports.map((kind) => new Option(kind, kind)));
  $("mode-game").disabled = !facts.game;
  $("mode-game").title = facts.game ? "" : "The game needs images with masks";
  showScores($("scores"), facts.scores);
  for (const sentence of facts.damage) banner.set(sentence, sentence);
  return facts;
}

async function open(name) {
  const before = state.name;
  const show = (shown) => {
    state.name = $("images").value = shown;
    history.replaceState(null, "", `#${encodeURIComponent(shown)}`);
  };
  show(name);
  const answer = await request(`/image?name=${encodeURIComponent(name)}`);
  if (!answer.ok) {
    if (state.name === name) show(before || name);
    return showMessage(await answer.text());
  }
  const picture = await createImageBitmap(await answer.blob());
  if (state.name !== name || isGame()) return;
  network.forget();
  board.open(picture, answer.headers.get("Image-Size").split(",").map(Number)); // a large image is sent smaller
  link.send({ do: "open", name });
}

function walk(step) {
  const options = [...$("images").options];
  const at = options.findIndex((option) => option.value === state.name);
  const wanted = (option) => state.tool !== "edit" || option.text.endsWith("✓"); // while editing, skip images without strokes
  for (let to = at + step; to >= 0 && to < options.length; to += step) {
    if (wanted(options[to])) return open(options[to].value);
  }
}

// ---- drawing

function onStroke(stroke, points, { start = false, end = false, time }) {
  const [height, width] = board.size;
  const clamp = (value, side) => Math.round(100 * Math.min(Math.max(value, 0), side - 1)) / 100;
  const inside = points.map(([x, y]) => [clamp(x, width), clamp(y, height)]);
  if (start) Object.assign(stroke, { points: [], connection: link.isOpen ? link.connections : null });
  stroke.points.push(...inside);
  const isWhole = link.isOpen && stroke.connection === link.connections; // the server has received it from its beginning
  const id = !isWhole
    ? ++link.number
    : link.send(
        start
          ? { do: "stroke", pen: stroke.pen, width: stroke.width, points: inside, end }
          : { do: "extend", points: inside, end },
      );
  if (isWhole) timed.set(id, time);
  if (end) outbox.add(state.name, { pen: stroke.pen, width: stroke.width, points: stroke.points }, isWhole ? id : null);
  const last = board.pending.findLast((piece) => piece.stroke === stroke);
  board.pending.push({ id, stroke, pen: stroke.pen, width: stroke.width, points: [last?.points.at(-1) ?? inside[0], ...inside] });
  board.requestPaint();
}

const CUT_AT = 512; // px; the unit of the width slider in larger images
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
  if (state.tool === "edit" && tool !== "edit") link.send({ do: "select" });
  state.tool = tool;
  press(".tool", "tool", tool);
  $("edit").hidden = tool !== "edit";
}

function setView(view) {
  const isPrediction = view === "prediction";
  if (isPrediction !== (state.view === "prediction")) link.send({ do: "watch_prediction", on: isPrediction });
  state.view = view;
  press(".view", "view", view);
  board.restyle(view, Number($("tint").value) / 100);
}

const pens = new Pens(board, {
  tool: () => state.tool,
  width: widthInImage,
  onStroke,
  onBox: (box) => {
    if (box[2] - box[0] < 8 || box[3] - box[1] < 8) return showMessage("Drag a larger box.");
    command({ do: "box", box });
    setTool("inside");
  },
  onSelect: (at) => link.send({ do: "select", at }),
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
  onPrediction: (name, picture) => name === state.name && !isGame() && board.drawPrediction(picture),
  onField: (field) => {
    board.field = field;
    board.requestPaint();
  },
});

function train() {
  if (!network.training) setView("prediction"); // shows what is trained
  network.toggle();
}

function startCut() {
  command({ do: "start_cut" });
  if (network.prediction) setView("blend"); // shows the cut
}

const assist = (steps) => command({ do: "assist", steps });

// ---- the game

function setMode(mode) {
  if (mode === "game" && state.view === "prediction") setView("blend");
  state.mode = document.body.dataset.mode = mode;
  $("mode-draw").setAttribute("aria-pressed", String(mode === "draw"));
  $("mode-game").setAttribute("aria-pressed", String(mode === "game"));
  $("score").textContent = $("status").textContent = "";
  if (mode === "game") startGame();
  else open(state.name);
}

function startGame() {
  state.waiting = false;
  command({ do: "play" });
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
  command({ do: "move", action, name: $("player").value });
  if (state.waiting) $("game-state").textContent = describe(state.facts, true);
}

const go = (pen, direction) => move(8 * pen + direction);

function setMover(pen) {
  state.mover = pen;
  press(".mover", "pen", pen);
}

// ---- files

const files = new Files($, {
  imageName: () => state.name,
  beforeImport: () => link.send({ do: "assist", steps: 0 }), // the agent's next stroke would overwrite the import
  onImages: async (names) => {
    await about();
    open(names.includes(state.name) ? state.name : names[0]);
  },
  showMessage,
});
new Camera($, { onPicture: (picture) => files.upload([picture]), showMessage });

// ---- undo; while the server is away, of the strokes that are kept

function undo() {
  const stroke = outbox.undo(state.name);
  if (link.isOpen) link.send({ do: "undo" });
  else if (stroke) board.forget(stroke);
  else showMessage(AWAY);
}

function redo() {
  if (link.isOpen) return link.send({ do: "redo" });
  const stroke = outbox.redo(state.name);
  if (!stroke) return showMessage(AWAY);
  board.pending.push({ id: ++link.number, ...stroke });
  board.requestPaint();
}

function clear() {
  if (link.isOpen) outbox.clear(state.name);
  command({ do: "clear" });
}

// ---- editing of strokes

const isEditing = () => !isGame() && state.tool === "edit";
const select = (step) => isEditing() && link.send({ do: "select", step });
const editSelected = (change) => command({ do: "edit_selected", change });

// ---- controls

const actions = {
  swap: () => {
    if (isGame()) setMover(1 - state.mover);
    else if (state.tool === "edit") editSelected("flip");
    else setTool(state.tool === "inside" ? "outside" : "inside");
  },
  erase: () => setTool(state.tool === "erase" ? "inside" : "erase"),
  box: () => setTool(state.tool === "box" ? "inside" : "box"),
  edit: () => isGame() || setTool(state.tool === "edit" ? "inside" : "edit"),
  selectPrevious: () => select(-1),
  selectNext: () => select(1),
  remove: () => isEditing() && editSelected("remove"),
  fillBackground: () => isGame() || command({ do: "fill_background" }),
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
  prediction: () => isGame() || setView("prediction"),
  assistOne: () => isGame() || assist(1),
  assistAll: () => isGame() || assist(state.facts?.assisting ? 0 : 1000),
  help: () => $("help").showModal(),
  previous: () => walk(-1),
  next: () => walk(1),
  undo: () => isGame() || undo(),
  redo: () => isGame() || redo(),
  space: (on) => (pens.space = on),
  go,
};
listen(actions, isGame);
const clicks = {
  undo: actions.undo, redo: actions.redo, previous: actions.previous, next: actions.next,
  "assist-one": actions.assistOne, "assist-all": actions.assistAll, "help-open": actions.help,
  "zoom-in": actions.zoomIn, "zoom-out": actions.zoomOut, "zoom-fit": actions.fit,
  clear,
  "fill-background": actions.fillBackground, train, "start-cut": startCut, remove: actions.remove, flip: () => editSelected("flip"),
  "select-previous": actions.selectPrevious, "select-next": actions.selectNext,
  whole: () => command({ do: "box", box: null }),
  "remove-agent-strokes": () => command({ do: "remove_agent_strokes" }),
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
showHelp($("keys"));
addHints();

const facts = await about();
outbox.use(facts.folder);
await outbox.flush();
state.folder = facts.folder;
const requested = decodeURIComponent(location.hash.slice(1));
if (!isGame()) open(facts.images.some(({ name }) => name === requested) ? requested : facts.images[0].name);
