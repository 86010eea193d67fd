// What is known of one chat: its lines as the server has them, and what is happening on top of them. No DOM here.

const OVER = new Set(["answered", "merged", "failed", "stopped"]);

export class Conversation {
  constructor(card) {
    this.card = card;
    this.lines = new Map();
    this.previews = new Map();
    this.typing = false;
    this.step = "";
    this.unread = 0;
    this.draft = "";
    this.files = []; // chosen, not sent
    this.limit = 100;
    this.complete = false;
    this.loaded = false;
  }

  // The server's history is the truth; only what came after it is kept. `fresh`: events may have been missed.
  load(lines, { fresh }) {
    const newest = { in: 0, out: 0 };
    for (const line of lines) newest[line.direction] = Math.max(newest[line.direction], number(line.id));
    const later = [...this.lines.values()].filter((line) => number(line.id) > newest[line.direction]);
    this.lines = new Map([...lines, ...later].map((line) => [line.id, line]));
    this.complete = lines.length < this.limit;
    this.loaded = true;
    if (fresh) {
      this.typing = lines.some((line) => line.state === "running");
      this.previews.clear();
    }
    for (const [turn, preview] of this.previews) if (preview.over) this.previews.delete(turn);
  }

  // Takes an event in; true when the history should be read again.
  take(kind, content) {
    switch (kind) {
      case "message":
        this.put({ id: content.id, at: content.at, direction: "in", sender: content.sender, text: content.text, state: "stored" });
        return false;
      case "reply":
        if (content.kind !== "text") return true;
        this.put({ id: content.id, at: content.at, direction: "out", sender: "", text: content.text, state: "sent" });
        if (this.previews.get(content.turn)?.over) this.previews.delete(content.turn);
        return true;
      case "text":
        this.write(content);
        return false;
      case "step":
        this.step = content.step === "tool" ? content.detail : "";
        if (this.previews.has(content.turn)) this.previews.get(content.turn).gap = true;
        return false;
      case "typing":
        this.typing = content.typing;
        if (!content.typing) this.step = "";
        return false;
      case "turn":
        if (content.state === "queued") this.previews.delete(content.turn);
        if (OVER.has(content.state) && this.previews.has(content.turn)) this.previews.get(content.turn).over = true;
        return true;
      default:
        return false;
    }
  }

  put(line) {
    const known = this.lines.get(line.id);
    this.lines.set(line.id, known ? { ...known, text: line.text, state: known.direction === "out" ? line.state : known.state } : line);
  }

  write({ turn, text }) {
    const preview = this.previews.get(turn) ?? { turn, text: "", gap: false, over: false };
    preview.text += (preview.gap && preview.text ? "\n\n" : "") + text;
    preview.gap = false;
    this.previews.set(turn, preview);
  }

  ordered() {
    return [...this.lines.values()].sort(
      (one, other) => one.at - other.at || one.direction.localeCompare(other.direction) || number(one.id) - number(other.id),
    );
  }

  // The lines as they are shown: an edit has changed its line, a reaction sits on it.
  said() {
    const changes = new Map();
    const rest = [];
    for (const line of this.ordered()) {
      if (line.kind !== "reaction" && line.kind !== "edit") rest.push(line);
      else if (line.kind === "edit" && !this.lines.has(line.target)) rest.push({ ...line, text: `(corrected) ${line.text}` });
      else if (line.state !== "failed") changes.set(line.target, { ...changes.get(line.target), [line.kind]: line.text });
    }
    return rest.map((line) => {
      const { reaction = "", edit } = changes.get(line.id) ?? {};
      return { ...line, reaction, edited: edit !== undefined, text: edit ?? line.text };
    });
  }

  waiting() {
    return [...this.lines.values()].some((line) => line.direction === "in" && line.state === "queued");
  }
}

// What the model writes for itself is not part of its answer.
export const shown = (text) => text.replace(/<internal>[\s\S]*?(<\/internal>|$)/g, "").replace(/<\/?[a-z]{0,8}$/i, "");

const number = (id) => parseInt(id.slice(id.indexOf("-") + 1), 10);
