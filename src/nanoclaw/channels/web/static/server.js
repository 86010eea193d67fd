// What goes between the page and its server: requests with a deadline, and the stream of events with a watchdog.

const REQUEST_MS = 20000;
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
export async function ask(path, content) {
  const options = content === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) };
  const response = await fetch(path, { ...options, cache: "no-store", signal: AbortSignal.timeout(REQUEST_MS) });
  if (response.status === 204) return {};
  const answer = await response.json();
  if (!response.ok) throw new Refused(response.status, answer.error, answer.hint);
  return answer;
}

export const chatPath = (chat, rest) => `/api/chats/${encodeURIComponent(chat)}/${rest}`;

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
