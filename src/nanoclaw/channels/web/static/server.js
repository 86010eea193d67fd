// What goes between the page and its server: requests with a deadline, and the stream of events with a watchdog.

const REQUEST_MS = 20000;
const UPLOAD_MS = 300000;
const SILENCE_MS = 40000; // the server's heartbeat comes every 15 seconds
const WAITS_MS = [500, 1000, 2000, 4000, 8000];
const EVENTS = ["message", "text", "typing", "turn", "step", "reply"];

export class Refused extends Error {
  constructor(status, what, hint) {
    super(what);
    this.status = status;
    this.hint = hint;
  }
}

// Resolves to the answer's JSON. Throws Refused when the server said no, another error when it could not be reached.
export function ask(path, content) {
  return content === undefined ? request(path, {}) : request(path, json("POST", content));
}

// One of the daemon's own operations, such as GET /v1/groups.
export function operate(method, path, content) {
  return request(`/api/control${path}`, content === undefined ? { method } : json(method, content));
}

// Puts a file there, to be named by a message later; the same id twice is the same file.
export function upload(chat, id, file) {
  const path = chatPath(chat, `files/${id}?name=${encodeURIComponent(file.name)}`);
  const headers = { "Content-Type": file.type || "application/octet-stream" };
  return request(path, { method: "PUT", headers, body: file }, UPLOAD_MS);
}

async function request(path, options, patience = REQUEST_MS) {
  const response = await fetch(path, { ...options, cache: "no-store", signal: AbortSignal.timeout(patience) });
  if (response.status === 204) return {};
  const answer = await response.json();
  if (!response.ok) throw new Refused(response.status, answer.error, answer.hint);
  return answer;
}

const json = (method, content) => ({ method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) });

export const chatPath = (chat, rest) => `/api/chats/${encodeURIComponent(chat)}/${rest}`;

// What to tell a person about a request that failed.
export const excuse = (error) => (error instanceof Refused ? `${error.message.replace(/\.$/, "")}. ${error.hint}`.trim() : "There is no connection to the assistant. Try again.");

// Keeps one stream open for as long as the page lives.
export class Stream {
  // `handlers`: up(), down(), signedOut(), and event(kind, content).
  constructor(handlers) {
    this.handlers = handlers;
    this.failures = 0;
    addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.hurry(); });
  }

  open() {
    clearTimeout(this.timer);
    this.source?.close();
    const source = new EventSource("/api/events");
    this.source = source;
    this.listen();
    source.addEventListener("hello", () => { this.failures = 0; this.listen(); this.up = true; this.handlers.up(); });
    source.addEventListener("alive", () => this.listen());
    for (const kind of EVENTS) {
      source.addEventListener(kind, (event) => { this.listen(); this.handlers.event(kind, JSON.parse(event.data)); });
    }
    source.onerror = () => { if (source === this.source) this.lost(); };
  }

  // Try now rather than later, if there is something to try.
  hurry() {
    if (!this.up && this.source) this.open();
  }

  listen() {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.lost(), SILENCE_MS);
  }

  async lost() {
    clearTimeout(this.watchdog);
    const source = this.source;
    source.close();
    this.up = false;
    this.handlers.down();
    try {
      await ask("/api/chats");
    } catch (error) {
      if (error instanceof Refused && error.status === 401) {
        this.source = null;
        this.handlers.signedOut();
        return;
      }
    }
    if (source !== this.source) return;
    this.timer = setTimeout(() => this.open(), WAITS_MS[Math.min(this.failures, WAITS_MS.length - 1)]);
    this.failures += 1;
  }
}
