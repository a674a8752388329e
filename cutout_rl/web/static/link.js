// The websocket: it numbers outgoing messages, receives frames and notes, and reconnects when the connection is lost.
// A new connection knows no image: messages are sent only after the page has called `resume`.

import { decodeFrame } from "./frame.js";

const WAIT = [500, 1000, 2000, 5000]; // ms before each attempt

export class Link {
  constructor({ onOpen, onFrame, onNote, onState }) {
    Object.assign(this, { onOpen, onFrame, onNote, onState });
    this.number = 0;
    this.failures = 0;
    this.isResumed = false;
    this.connections = 0; // so far; a stroke that spans two of them has reached the server in part only
    this.connect();
  }

  connect() {
    this.socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/session`);
    this.socket.binaryType = "arraybuffer";
    this.isResumed = false;
    this.socket.onopen = () => {
      this.connections++;
      this.onState(true);
      this.onOpen();
    };
    this.socket.onmessage = ({ data }) => {
      if (typeof data === "string") return this.onNote(JSON.parse(data));
      this.socket.send('{"do":"ack"}');
      this.onFrame(decodeFrame(data));
    };
    this.socket.onclose = () => {
      this.onState(false);
      setTimeout(() => this.connect(), WAIT[Math.min(this.failures++, WAIT.length - 1)]);
    };
  }

  // Sends messages from now on, the first of which opens an image.
  resume() {
    this.failures = 0;
    this.isResumed = true;
  }

  // Connects anew, because the page could not go on.
  retry() {
    this.socket.close();
  }

  get isOpen() {
    return this.isResumed && this.socket.readyState === WebSocket.OPEN;
  }

  // Returns the number of the message; the first frame after it has this number in `facts.seen`.
  send(message) {
    const id = ++this.number;
    if (this.isOpen) this.socket.send(JSON.stringify({ ...message, id }));
    return id;
  }
}
