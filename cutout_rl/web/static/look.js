// What a person looks at: the server is asked for its mask at the resolution of the screen.

import { seenArea, strokeWindow } from "./windows.js";

const CUT_AT = 512; // px of the longer side, up to which images are shown at the resolution of their cut
const AFTER = 80; // ms without zooming or moving

export class Look {
  // `lastWindow` returns the window of the last stroke or null; `isOpen` whether an image is drawn on.
  constructor(board, { link, isOpen, lastWindow, onLook }) {
    Object.assign(this, { board, link, isOpen, lastWindow, onLook });
    this.waiting = 0;
  }

  // The window of the next stroke: that of the last one if it fits what is seen.
  get window() {
    return strokeWindow(this.board, this.lastWindow());
  }

  // Called after zooming and moving.
  soon() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.now(), AFTER);
  }

  now() {
    const { board } = this;
    const area = seenArea(board);
    if (!this.isOpen() || !area) return;
    this.onLook();
    if (Math.max(...board.size) <= CUT_AT) return; // it is shown whole
    const pixels = Math.ceil(Math.max(area[2] - area[0], area[3] - area[1]) * board.zoom * (devicePixelRatio || 1));
    this.link.send({ do: "look", area, pixels: Math.max(1, pixels), window: this.window });
  }
}
