// Edits, which are strokes, polygons and changes of points, that the server has not confirmed to be saved. They are kept in the
// browser's storage, under the server's folder and the image, until the server has them.

import { request } from "./request.js";

const RETRY = 3000; // ms

export class Outbox {
  constructor({ isOnline, onChange }) {
    Object.assign(this, { isOnline, onChange });
    this.prefix = null; // of the keys; null until the server's folder is known
    this.edits = new Map(); // key -> {name, edit, time, isSent}; isSent if the server may have it
    this.sent = new Map(); // key -> number of the message whose frame confirms the edit
    this.undone = []; // edits taken back, as {name, edit, key}, newest last
    this.added = 0;
    this.problem = ""; // why the server has not taken the edits
    this.keeps = true; // whether the browser's storage works
    setInterval(() => this.flush(), RETRY);
  }

  // Reads what was kept for a folder.
  use(folder) {
    this.prefix = `cutout-rl/${folder}/`;
    try {
      for (const key of Object.keys(localStorage)) {
        if (!key.startsWith(this.prefix)) continue;
        const { name, edit, stroke, time } = JSON.parse(localStorage.getItem(key));
        this.edits.set(key, { name, edit: edit ?? stroke, time, isSent: true }); // earlier versions kept strokes only
      }
    } catch {
      this.keeps = false;
    }
    this.onChange();
  }

  // Keeps an edit; `number` is that of its last message, or null if the server has not received all of it, and `isSent` whether
  // it may have some.
  add(name, edit, number, isSent = number !== null) {
    const time = Date.now();
    const key = `${this.prefix}${String(time).padStart(15, "0")}-${String(this.added++).padStart(6, "0")}`;
    if (number !== null) this.sent.set(key, number);
    this.undone = [];
    this.keep(key, { name, edit, time, isSent });
    if (number === null) this.flush();
  }

  keep(key, entry) {
    this.edits.set(key, entry);
    try {
      localStorage.setItem(key, JSON.stringify(entry));
    } catch {
      this.keeps = false;
    }
    this.onChange();
  }

  // Forgets the edits of an image that a frame shows to be saved. No frame will confirm those of an image left before.
  confirm(name, seen) {
    let left = false;
    for (const [key, number] of this.sent) {
      if (number > seen) continue;
      if (this.edits.get(key).name === name) this.remove(key);
      else left = this.sent.delete(key);
    }
    if (left) this.flush();
  }

  // The connection was lost: no frame will confirm what was sent.
  disconnect() {
    this.sent.clear();
    this.onChange();
  }

  // Takes back the newest edit of an image; returns it, or undefined. If the server may have it, but cannot be told now, the
  // edit is kept as one that is undone.
  undo(name) {
    const key = this.keysOf(name).findLast((each) => !this.edits.get(each).edit.undone);
    if (!key) return undefined;
    const entry = this.edits.get(key);
    const { edit } = entry;
    this.undone.push({ name, edit, key });
    if (entry.isSent && !this.isOnline()) this.keep(key, { ...entry, edit: { ...edit, undone: true } });
    else this.remove(key);
    return edit;
  }

  redo(name) {
    if (!this.canRedo(name)) return undefined;
    const { edit, key } = this.undone.at(-1);
    const undone = this.undone.slice(0, -1);
    if (this.edits.has(key)) this.keep(key, { ...this.edits.get(key), edit });
    else this.add(name, edit, null);
    this.undone = undone;
    this.onChange();
    return edit;
  }

  // Forgets the edits of one object.
  clear(name, object) {
    for (const key of this.keysOf(name)) {
      if (this.edits.get(key).edit.object === object) this.remove(key);
    }
  }

  canUndo(name) {
    return this.keysOf(name).some((key) => !this.edits.get(key).edit.undone);
  }

  canRedo(name) {
    return this.undone.at(-1)?.name === name;
  }

  keysOf(name) {
    return [...this.edits.keys()].filter((key) => this.edits.get(key).name === name).sort();
  }

  remove(key) {
    this.edits.delete(key);
    this.sent.delete(key);
    try {
      localStorage.removeItem(key);
    } catch {
      this.keeps = false;
    }
    this.onChange();
  }

  // Sends the edits that no frame will confirm, also those that are added meanwhile; they stay if that fails.
  async flush(isOnline = this.isOnline()) {
    if (this.flushing || !this.prefix || !isOnline) return;
    this.flushing = true;
    try {
      const refused = new Set(); // images
      const next = () => [...this.edits].find(([key, { name }]) => !this.sent.has(key) && !refused.has(name))?.[1].name;
      for (let name = next(); name; name = next()) {
        const own = this.keysOf(name).filter((key) => !this.sent.has(key));
        const edits = own.map((key) => this.edits.get(key).edit);
        for (const key of own) this.edits.get(key).isSent = true;
        const body = JSON.stringify(edits);
        const answer = await request(`/strokes?name=${encodeURIComponent(name)}`, { method: "POST", body });
        this.problem = answer.ok ? "" : await answer.text();
        // One that was undone or redone meanwhile is sent again.
        if (answer.ok) own.filter((key, place) => this.edits.get(key)?.edit === edits[place]).forEach((key) => this.remove(key));
        else refused.add(name);
        this.onChange();
      }
    } finally {
      this.flushing = false;
    }
  }

  // Returns how many edits are of a kind.
  count(isOfKind) {
    return [...this.edits.values()].filter(({ edit }) => !edit.undone && isOfKind(edit)).length;
  }
}
