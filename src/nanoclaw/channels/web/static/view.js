// Shows a conversation: one list item for each line, kept as it is while nothing about it changed.

import { shown } from "/static/conversation.js";
import { button, make } from "/static/dom.js";
import { fileNames, sentFile } from "/static/files.js";
import { renderMarkdown } from "/static/markdown.js";

const LONG = 20000;
const TOOLS = {
  Bash: "Running a command", Read: "Reading a file", Write: "Writing a file", Edit: "Changing a file", Glob: "Looking for files",
  Grep: "Searching in files", WebSearch: "Searching the web", WebFetch: "Reading a web page", Task: "Working in parallel",
};
const OWN_STATES = { stored: "Sent", queued: "Waiting", running: "Being answered", answered: "Answered", merged: "Answered", stopped: "Stopped", failed: "Failed" };
const THEIR_STATES = { pending: "On its way", sending: "On its way", sent: "", failed: "Not delivered" };
const FAILED = "The assistant could not answer this. Send it again, or run “nanoclaw status” to see what is wrong.";

const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });

export class View {
  // `handlers`: retry(item) and discard(item) for what was not sent, again(text) for what was not answered,
  // answer(line, choice) for a question.
  constructor(log, handlers) {
    this.log = log;
    this.handlers = handlers;
    this.shown = new Map();
    this.opened = new Set();
    this.answered = new Set(); // names of questions that a button was pressed for
    this.pictures = new Map(); // addresses of pictures that were fetched, by chat and line
  }

  clear() {
    this.log.replaceChildren();
    this.shown.clear();
  }

  show(conversation, unsent) {
    const wanted = [...this.lineItems(conversation), ...unsent.map((item) => this.unsentItem(item)), ...this.liveItems(conversation)];
    const keys = new Set(wanted.map((item) => item.key));
    for (const [key, { node }] of this.shown) {
      if (!keys.has(key)) { node.remove(); this.shown.delete(key); }
    }
    let before = null;
    for (const item of wanted) before = this.place(item, before);
  }

  // Makes or keeps an item's node and puts it after the one before.
  place(item, before) {
    const known = this.shown.get(item.key);
    let node = known?.node;
    if (!known || known.signature !== item.signature) {
      node = item.make();
      known?.node.replaceWith(node);
      this.shown.set(item.key, { node, signature: item.signature });
    }
    const next = before ? before.nextSibling : this.log.firstChild;
    if (node !== next) this.log.insertBefore(node, next);
    return node;
  }

  *lineItems(conversation) {
    let last = "";
    for (const line of conversation.said()) {
      const date = new Date(line.at).toDateString();
      if (date !== last) yield { key: `day ${date}`, signature: "", make: () => make("li", "day", day.format(line.at)) };
      last = date;
      const own = line.direction === "in" && line.sender === "You";
      const choices = this.answered.has(line.name) ? [] : line.choices ?? [];
      const extras = JSON.stringify([choices, line.reaction, line.edited && line.text, line.file, line.attachments]);
      const signature = `${line.state} ${line.text.length} ${this.opened.has(line.id)} ${time.format(line.at)} ${extras}`;
      yield { key: line.id, signature, make: () => this.line(line, own, choices, conversation.card.chat) };
    }
  }

  line(line, own, choices, chat) {
    const states = line.direction === "in" ? OWN_STATES : THEIR_STATES;
    const node = make("li", `item ${own ? "own" : ""} ${line.state === "failed" ? "bad" : ""}`);
    node.dataset.line = line.id;
    node.append(hiddenWord(own ? "You: " : ""));
    if (line.file) node.append(sentFile(chat, line, this.pictures));
    if (line.attachments?.length) node.append(fileNames(line.attachments));
    if (line.text) node.append(this.bubble(line.id, line.text, line.direction === "out"));
    if (line.reaction) node.append(reaction(line.reaction));
    if (choices.length) node.append(this.choices(line, choices));
    const meta = make("div", "meta");
    if (!own && line.sender) meta.append(make("bdi", "", line.sender));
    meta.append(make("time", "", time.format(line.at)));
    if (line.edited) meta.append(make("span", "", "corrected"));
    const state = states[line.state] ?? line.state;
    if (state && (own || line.direction === "out")) meta.append(make("span", line.state === "failed" ? "bad state" : "state", state));
    node.append(meta);
    if (own && line.state === "failed") {
      node.append(make("p", "advice", FAILED));
      // Files are not here to be sent once more: they are attached anew.
      if (line.text && !line.attachments?.length) {
        const actions = make("div", "actions");
        actions.append(button("Send again", () => this.handlers.again(line.text)));
        node.append(actions);
      }
    }
    return node;
  }

  choices(line, choices) {
    const group = make("div", "choices");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "Answers");
    for (const choice of choices) {
      group.append(button(choice, () => { this.answered.add(line.name); this.handlers.answer(line, choice); }));
    }
    return group;
  }

  unsentItem(item) {
    return { key: `unsent ${item.id}`, signature: `${item.state} ${item.error}`, make: () => this.unsent(item) };
  }

  unsent(item) {
    const failed = item.state === "failed";
    const node = make("li", `item own ${failed ? "bad" : "unsent"}`);
    node.append(hiddenWord("You: "));
    if (item.files?.length) node.append(fileNames(item.files));
    if (item.text) node.append(this.bubble(item.id, item.text, false));
    const meta = make("div", "meta");
    meta.append(make("span", failed ? "bad state" : "state", failed ? "Not sent" : item.state === "sending" ? "Sending…" : "Not sent yet, it is tried again"));
    node.append(meta);
    if (failed) {
      const actions = make("div", "actions");
      actions.append(button("Try again", () => this.handlers.retry(item)), button("Discard", () => this.handlers.discard(item)));
      node.append(make("p", "advice", item.error), actions);
    }
    return node;
  }

  *liveItems(conversation) {
    let written = false;
    for (const preview of conversation.previews.values()) {
      const text = shown(preview.text);
      if (!text.trim()) continue;
      written = true;
      yield { key: `preview ${preview.turn}`, signature: text, make: () => this.preview(text) };
    }
    if (conversation.typing && (!written || conversation.step)) {
      yield { key: "typing", signature: conversation.step, make: typing };
    }
  }

  preview(text) {
    const node = make("li", "item preview");
    node.setAttribute("aria-live", "off");
    node.setAttribute("aria-busy", "true");
    const bubble = this.bubble("", text.length > LONG ? `…${text.slice(-LONG)}` : text, true);
    bubble.lastElementChild?.classList.add("caret");
    node.append(hiddenWord("Being written: "), bubble);
    return node;
  }

  // Own messages are shown as they were typed, answers as Markdown; a giant one is folded until it is asked for.
  bubble(id, text, markdown) {
    const folded = text.length > LONG && !this.opened.has(id);
    const part = folded ? text.slice(0, LONG) : text;
    const bubble = make("div", "bubble");
    if (markdown && text.length <= 20 * LONG) {
      bubble.append(renderMarkdown(part));
    } else {
      const plain = make("div", "plain-text", part);
      plain.dir = "auto";
      bubble.append(plain);
    }
    if (folded) {
      const kib = Math.round(text.length / 1000).toLocaleString();
      bubble.append(button(`Show all (${kib} thousand characters)`, () => {
        this.opened.add(id);
        bubble.replaceWith(this.bubble(id, text, markdown));
      }));
    }
    return bubble;
  }
}

export function work(conversation) {
  if (conversation.typing) return conversation.step ? `${toolWords(conversation.step)}…` : "Working on it…";
  return conversation.waiting() ? "Waiting for its turn…" : "";
}

function toolWords(tool) {
  return TOOLS[tool] ?? `Using ${tool.replace(/^mcp__[^_]+__/, "").replaceAll("_", " ")}`;
}

function typing() {
  const node = make("li", "item typing");
  node.setAttribute("aria-hidden", "true"); // the header's status says it in words
  const dots = make("span", "dots");
  dots.append(make("i"), make("i"), make("i"));
  const bubble = make("div", "bubble");
  bubble.append(dots);
  node.append(bubble);
  return node;
}

function reaction(emoji) {
  const node = make("div", "reaction", emoji);
  node.setAttribute("role", "img");
  node.setAttribute("aria-label", `The assistant reacted with ${emoji}`);
  return node;
}

const hiddenWord = (word) => make("span", "hidden", word);
