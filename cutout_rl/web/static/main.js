// The entry point of the page: its state, its messages and its controls.

import { AgentChoice } from "./agent_choice.js";
import { Banner } from "./banner.js";
import { Board } from "./board.js";
import { Camera } from "./camera.js";
import { ClassDialog } from "./class_dialog.js";
import { Files } from "./files.js";
import { Finishing } from "./finishing.js";
import { showScores } from "./game.js";
import { GameMode } from "./game_mode.js";
import { KeyboardPen } from "./keyboard_pen.js";
import { addHints, listen, showHelp } from "./keys.js";
import { Link } from "./link.js";
import { Look } from "./look.js";
import { Network } from "./network.js";
import { Objects } from "./objects.js";
import { PenWidth } from "./pen_width.js";
import { OPPOSITE, Pens } from "./pens.js";
import { Points } from "./points.js";
import { Polygon } from "./polygon.js";
import { request } from "./request.js";
import { Status } from "./status.js";
import { Strip } from "./strip.js";
import { Strokes } from "./strokes.js";
import { Suggestion } from "./suggestion.js";
import { Tools } from "./tools.js";
import { Views } from "./views.js";

const $ = (id) => document.getElementById(id);

const state = { mode: "draw", name: "", facts: null, folder: null };
const board = new Board($("board"));
const banner = new Banner($("banner"));
const status = new Status($);
const isGame = () => state.mode === "game";
const showMessage = (text) => status.message(text);

// ---- server

const link = new Link({
  onOpen: () => (state.folder === null ? link.resume() : resume()),
  onFrame: (frame) => {
    const { facts } = frame;
    if (facts.mode !== state.mode || (facts.mode === "draw" && facts.name !== state.name)) return;
    board.show(frame);
    state.facts = facts;
    status.score(facts);
    if (isGame()) return game.show(facts);
    strokes.shown(facts);
    status.drawing(facts);
    suggestion.show(facts);
    agentChoice.show(facts.agent);
    banner.set("unsaved", facts.unsaved ? `The strokes are not saved. ${facts.unsaved}` : "");
    showKept();
    showHint();
  },
  onNote: (note) => {
    if (note.error) {
      board.pending = [];
      points.ask(); // a change of them may be what was refused
      showMessage(note.error);
    }
    if (note.note) showMessage(note.note);
    if (note.states) strip.setStates(note.states);
    if (note.back && !isGame()) goBack(note.back);
    if (note.damage) banner.set(note.damage, note.damage);
    if (note.objects && note.objects.name === state.name && !isGame()) showObjects(note.objects);
    if (note.others?.name === state.name && !isGame()) board.setOthers(note.others);
    if (note.points?.name === state.name && note.points.object === objects.current) points.show(note.points);
    if (note.estimate) strip.setEstimate(note.estimate);
    if (note.network && note.network.name === state.name) network.show(note.network);
    if (note.game && isGame()) game.open(note.game);
    if (note.scores) game.showScores(note.scores, note.finished);
  },
  onState: (on) => {
    $("connection").textContent = on ? "connected" : "disconnected; reconnecting";
    banner.set("connection", on ? "" : "The server does not answer; start it again. You can go on drawing.");
    if (!on) strokes.disconnect();
  },
});

const strokes = new Strokes({
  board,
  link,
  imageName: () => state.name,
  objectNumber: () => objects.current,
  window: () => look.window,
  onKept: showKept,
  showRings: (rings, edit) => points.replace(rings, edit),
  showMessage,
});
function command(message) {
  points.send(); // a change that is not sent yet belongs before it
  return strokes.command(message);
}

function showKept() {
  banner.set("kept", strokes.waiting(state.facts?.unsaved));
  if (link.isOpen) return;
  $("undo").disabled = !strokes.outbox.canUndo(state.name);
  $("redo").disabled = !strokes.outbox.canRedo(state.name);
}

// Sends what was kept, and opens the image again, after the connection is back.
async function resume() {
  const answer = await request("/about");
  if (!answer.ok) return link.retry();
  if ((await answer.json()).folder !== state.folder) {
    banner.set("folder", "Another folder is served at this address now; load this page again.");
    return;
  }
  await strokes.outbox.flush(true);
  link.resume();
  link.send({ do: "watch_prediction", on: views.isPrediction });
  if (isGame()) game.start();
  else if (state.name) link.send({ do: "open", name: state.name, object: objects.current });
  board.onView();
}

async function about() {
  const facts = await (await fetch("/about")).json();
  agentChoice.take(facts.agents, facts.agent);
  $("images").replaceChildren(...facts.images.map(({ name }) => new Option(name, name)));
  strip.take(facts.images);
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
    strip.show(shown);
  };
  keyboardPen.leave();
  points.send();
  points.clear();
  polygon.clear();
  suggestion.clear();
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
  return true;
}

// Undoes or redoes in another image, where the last change was made.
async function goBack({ name, redo }) {
  if (!(await open(name))) return;
  link.send({ do: redo ? "redo" : "undo" });
  showMessage(`The last change was made in ${name}; it is ${redo ? "made again" : "undone"} there.`);
}

function walk(step) {
  const images = strip.ordered;
  const wanted = (image) => tools.chosen !== "edit" || image.state !== "untouched"; // while editing, skip images without strokes
  for (let to = images.findIndex(({ name }) => name === state.name) + step; to >= 0 && to < images.length; to += step) {
    if (wanted(images[to])) return open(images[to].name);
  }
}

const onChange = (change) => link.send({ do: "did", change });
const strip = new Strip($, { onOpen: open, onChange, showMessage });
const finishing = new Finishing($, { strip, showMessage });

// ---- objects

const objects = new Objects($, { command, onSelected: () => showHint() });
const classDialog = new ClassDialog($, { onChange });

function showObjects(note) {
  if (note.current !== objects.current) points.clear();
  objects.show(note);
  classDialog.classes = note.classes;
  board.setObjects(objects.pictureOf(note));
  strip.setEdited(note.objects.some(({ edited }) => edited));
}

function showHint() {
  const isUntouched = !isGame() && !uses("polygon") && objects.objects.length <= 1 && state.facts?.strokes === 0 && !suggestion.facts;
  $("hint").hidden = !isUntouched || board.pending.length > 0;
}

// ---- drawing

const look = new Look(board, {
  link,
  isOpen: () => !isGame() && state.name !== "",
  lastWindow: () => (state.facts?.name === state.name ? state.facts.window : null),
  onLook: () => points.ask(),
});
board.onView = () => {
  look.soon();
  if (board.cursor && !pens.stroke) board.cursor.width = penWidth.inImage;
};

const penWidth = new PenWidth($, board);
const points = new Points($, { board, link, change: (edit) => strokes.change(edit) });
const polygon = new Polygon($, { board, close: (ring) => strokes.enclose(ring), showMessage });
const tools = new Tools($, {
  onLeave: (tool) => tool === "edit" && link.send({ do: "select" }),
  onChoose: (tool) => {
    $("edit").hidden = tool !== "edit";
    board.handles = { points, polygon }[tool] ?? null;
    points.turn(tool === "points");
    polygon.turn(tool === "polygon");
    showHint();
  },
});

const views = new Views($, { board, link });

function onStroke(stroke, points, about) {
  strokes.draw(stroke, points, about);
  $("hint").hidden = true;
}

const isReady = () => isGame() || board.frame?.facts.name === state.name;
const pens = new Pens(board, {
  tools,
  points,
  polygon,
  width: () => penWidth.inImage,
  onStroke,
  onBox: (box) => {
    if (box[2] - box[0] < 8 || box[3] - box[1] < 8) return showMessage("Drag a larger box.");
    command({ do: "box", box });
    tools.choose("inside");
  },
  onSelect: (at) => link.send({ do: "select", at }),
  onPick: (at) => objects.select(board.others.numberAt(at, board.size)),
  onClick: (point, right) => game.click(point, right),
  onCancel: () => strokes.undo(),
  onWheel: (step) => penWidth.choose(penWidth.chosen + step * Math.max(1, Math.round(penWidth.chosen / 10))),
  isGame,
  isReady,
});
const keyboardPen = new KeyboardPen(board, {
  pen: () => tools.pen,
  width: () => penWidth.inImage,
  onStroke,
  showMessage,
});

const network = new Network($, {
  send: (message) => link.send(message),
  command,
  views,
  onPrediction: (name, picture) => name === state.name && !isGame() && board.drawPrediction(picture),
  onField: (field) => {
    board.field = field;
    board.requestPaint();
  },
});

const suggestion = new Suggestion($, { board, command, showMessage });
const agentChoice = new AgentChoice($, { showMessage });
const assist = (steps) => command({ do: "assist", steps });
const uses = (tool) => !isGame() && tools.chosen === tool;
const cornered = () => (uses("points") ? points : uses("polygon") ? polygon : null); // the tool that the keys move, if not the pen
function select(step) {
  if (uses("points")) points.step(step);
  else if (uses("edit")) link.send({ do: "select", step });
}
const editSelected = (change) => command({ do: "edit_selected", change });

// ---- modes and files

const game = new GameMode($, { board, command, status });

function setMode(mode) {
  if (mode === "game" && views.isPrediction) views.choose("blend");
  keyboardPen.leave();
  if (cornered()) tools.choose("inside");
  suggestion.clear();
  state.mode = document.body.dataset.mode = mode;
  $("mode-draw").setAttribute("aria-pressed", String(mode === "draw"));
  $("mode-game").setAttribute("aria-pressed", String(mode === "game"));
  $("score").textContent = $("status").textContent = "";
  $("hint").hidden = true;
  document.querySelector("aside").scrollTop = 0;
  if (mode === "game") game.start();
  else open(state.name);
}

const files = new Files($, {
  imageName: () => state.name,
  objectNumber: () => objects.current,
  beforeImport: () => link.send({ do: "assist", steps: 0 }), // the agent's next stroke would overwrite the import
  onChange,
  onImages: async (names) => {
    await about();
    open(names.includes(state.name) ? state.name : names[0]);
  },
  showMessage,
});
new Camera($, { onPicture: (picture) => files.upload([picture]), showMessage });

// ---- controls

const actions = {
  swap: () => {
    if (isGame()) game.setMover(1 - game.mover);
    else if (uses("edit")) editSelected("flip");
    else tools.choose(OPPOSITE[tools.chosen] ?? "inside");
  },
  erase: () => isGame() || tools.toggle("erase"),
  brush: () => isGame() || tools.swapBrush(),
  box: () => isGame() || tools.toggle("box"),
  edit: () => isGame() || tools.toggle("edit"),
  points: () => isGame() || tools.toggle("points"),
  polygon: () => isGame() || tools.toggle("polygon"),
  cancel: () => uses("polygon") && polygon.cancel(),
  selectPrevious: () => select(-1),
  selectNext: () => select(1),
  remove: () => {
    if (cornered()) cornered().remove();
    else if (uses("edit")) editSelected("remove");
  },
  fillBackground: () => isGame() || command({ do: "fill_background" }),
  addObject: () => isGame() || objects.add(),
  previousObject: () => isGame() || objects.step(-1),
  nextObject: () => isGame() || objects.step(1),
  hideObject: () => isGame() || objects.toggle(),
  classOfKey: (key) => objects.setClassOfKey(key),
  movePen: (direction) => isReady() && (cornered() ? cornered().nudge(direction) : keyboardPen.move(direction)),
  pressPen: () => isReady() && (cornered() ?? keyboardPen).press(),
  train: () => isGame() || network.train(),
  startCut: () => isGame() || network.startCut(),
  narrower: () => penWidth.choose(penWidth.chosen - 1),
  wider: () => penWidth.choose(penWidth.chosen + 1),
  zoomIn: () => board.zoomBy(1.25),
  zoomOut: () => board.zoomBy(0.8),
  fit: () => board.fit(),
  image: () => views.choose("image"),
  blend: () => views.choose("blend"),
  cutout: () => views.choose("cutout"),
  mask: () => views.choose("mask"),
  prediction: () => isGame() || views.choose("prediction"),
  assistOne: () => isGame() || assist(1),
  assistAll: () => isGame() || assist(state.facts?.assisting ? 0 : 1000),
  suggest: () => isGame() || suggestion.toggle(),
  help: () => {
    $("help").showModal();
    $("help").scrollTop = 0;
  },
  done: () => isGame() || strip.mark("done"),
  skip: () => isGame() || strip.mark("skipped"),
  nextToDo: () => isGame() || strip.openNext(),
  carry: () => isGame() || strip.carry(),
  previous: () => walk(-1),
  next: () => walk(1),
  undo: () => isGame() || !isReady() || points.cancel() || polygon.remove() || strokes.undo(),
  redo: () => isGame() || !isReady() || strokes.redo(),
  space: (on) => (pens.space = on),
  go: (pen, direction) => game.go(pen, direction),
};
listen(actions, isGame);
const clicks = {
  undo: actions.undo, redo: actions.redo, previous: actions.previous, next: actions.next,
  "assist-one": actions.assistOne, "assist-all": actions.assistAll, "help-open": actions.help,
  "zoom-in": actions.zoomIn, "zoom-out": actions.zoomOut, "zoom-fit": actions.fit,
  clear: () => strokes.clear(),
  "fill-background": actions.fillBackground, train: actions.train, "start-cut": actions.startCut, remove: actions.remove, flip: () => editSelected("flip"),
  "select-previous": actions.selectPrevious, "select-next": actions.selectNext,
  whole: () => command({ do: "box", box: null }),
  "remove-agent-strokes": () => command({ do: "remove_agent_strokes" }),
  "mode-draw": () => isGame() && setMode("draw"),
  "mode-game": () => isGame() || setMode("game"),
};
addEventListener("pagehide", () => points.send());
for (const [id, action] of Object.entries(clicks)) $(id).addEventListener("click", () => action());
$("images").addEventListener("change", () => open($("images").value));
showHelp($("keys"));
addHints();

const facts = await about();
strokes.outbox.use(facts.folder);
await strokes.outbox.flush();
state.folder = facts.folder;
finishing.poll();
const escaped = location.hash.slice(1).replace(/[+&]/g, encodeURIComponent);
const requested = new URLSearchParams(`name=${escaped}`).get("name"); // unlike decodeURIComponent, it takes a stray %
if (!isGame()) open(facts.images.some(({ name }) => name === requested) ? requested : facts.images[0].name);
