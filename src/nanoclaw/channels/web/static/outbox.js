// The owner's messages that the server has not confirmed. They outlive a reload and a lost connection: each has an id
// of its own from the start, so a message that is sent again is the same message.

import { ask, chatPath, Refused, upload } from "/static/server.js";

const KEY = "nanoclaw-unsent";
const GONE = 410;
const WAITS_MS = [1000, 2000, 5000, 10000, 30000];

export class Outbox {
  // `handlers`: changed(chat), sent(item, answer), signedOut().
  constructor(handlers) {
    this.handlers = handlers;
    this.failures = 0;
    this.contents = new Map(); // of files, by their ids: they do not outlive a reload
    this.items = stored();
    for (const item of this.items) item.state = item.state === "failed" ? "failed" : "waiting";
  }

  of(chat) {
    return this.items.filter((item) => item.chat === chat);
  }

  // `files`: what the person chose. `answers`: the name of the line whose question this answers.
  add(chat, text, { files = [], answers = "" } = {}) {
    const named = files.map((file) => {
      const id = freshId();
      this.contents.set(id, file);
      return { id, name: file.name, size: file.size, there: false };
    });
    this.items.push({ id: freshId(), chat, text, at: Date.now(), state: "waiting", files: named, answers });
    this.keep();
    this.flush();
  }

  // Try a failed message once more, as the same message.
  retry(item) {
    item.state = "waiting";
    this.keep();
    this.flush();
  }

  discard(item) {
    this.items = this.items.filter((one) => one !== item);
    for (const file of item.files ?? []) this.contents.delete(file.id);
    this.keep();
    this.handlers.changed(item.chat);
  }

  // Send what waits, oldest first, one at a time: order is kept.
  async flush() {
    clearTimeout(this.timer);
    if (this.busy) return;
    this.busy = true;
    try {
      for (let item = this.next(); item; item = this.next()) {
        if (!(await this.send(item))) break;
      }
    } finally {
      this.busy = false;
    }
  }

  next() {
    return this.items.find((item) => item.state === "waiting");
  }

  // False: not now.
  async send(item) {
    item.state = "sending";
    this.handlers.changed(item.chat);
    try {
      const answer = await this.deliver(item);
      this.failures = 0;
      this.handlers.sent(item, answer);
      this.discard(item);
      return true;
    } catch (error) {
      const final = error instanceof Refused && error.status < 500 && error.status !== 401;
      item.state = final ? "failed" : "waiting";
      item.error = final ? `${error.message}. ${error.hint}` : "";
      this.keep();
      this.handlers.changed(item.chat);
      if (final) return true;
      if (error instanceof Refused && error.status === 401) this.handlers.signedOut();
      else this.timer = setTimeout(() => this.flush(), WAITS_MS[Math.min(this.failures++, WAITS_MS.length - 1)]);
      return false;
    }
  }

  // First the files, then the message that names them; once more from the start if the server lost the files.
  async deliver(item, again = true) {
    const files = item.files ?? [];
    const message = { id: item.id, text: item.text, files: files.map((file) => file.id), answers: item.answers ?? "" };
    for (const file of files.filter((one) => !one.there)) {
      const content = this.contents.get(file.id);
      if (content) await upload(item.chat, file.id, content);
      file.there = true;
      this.keep();
    }
    try {
      return await ask(chatPath(item.chat, "messages"), message);
    } catch (error) {
      const lost = again && error instanceof Refused && error.status === GONE && files.every((file) => this.contents.has(file.id));
      if (!lost) throw error;
      for (const file of files) file.there = false;
      return this.deliver(item, false);
    }
  }

  keep() {
    try {
      localStorage.setItem(KEY, JSON.stringify(this.items));
    } catch {
      // Storage is full or switched off: the messages live as long as the page does.
    }
  }
}

function stored() {
  try {
    const items = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return items.filter((item) => typeof item.id === "string" && typeof item.text === "string" && typeof item.chat === "string");
  } catch {
    return [];
  }
}

// crypto.randomUUID exists on https and on this machine's own addresses, which are all there are.
const freshId = () => crypto.randomUUID();
