// The sheets beside the chats: groups, tasks, usage. Each is read from the daemon when it is opened, and after a change.

import { button } from "/static/dom.js";
import { channels, troubled } from "/static/channels.js";
import { groups } from "/static/groups.js";
import { excuse, operate, Refused } from "/static/server.js";
import { tasks } from "/static/tasks.js";
import { usage } from "/static/usage.js";

const SHEETS = { groups: ["Groups", groups], tasks: ["Tasks", tasks], channels: ["Channels", channels], usage: ["Usage", usage] };

const $ = (id) => document.getElementById(id);

export class Desk {
  // `handlers`: opened(), left().
  constructor(handlers) {
    this.handlers = handlers;
    this.name = "";
    this.opening = 0;
    $("desk-back").addEventListener("click", () => { $("frame").classList.add("list"); $("chats").querySelector("button")?.focus(); });
    $("desks").append(...Object.entries(SHEETS).map(([name, [title]]) => this.entry(name, title)));
  }

  entry(name, title) {
    const entry = button(title, () => this.open(name));
    entry.dataset.sheet = name;
    return entry;
  }

  // Whether the daemon lets this page do such things at all.
  async look() {
    try {
      await operate("GET", "/v1/options");
      $("desks").hidden = false;
      await this.warn();
    } catch (error) {
      if (error instanceof Refused && error.status === 404) $("desks").hidden = true;
    }
  }

  // How many channels are down stands beside their name, whatever is open.
  async warn() {
    const count = await troubled();
    const entry = $("desks").querySelector('[data-sheet="channels"]');
    entry.textContent = count ? `Channels (${count} down)` : "Channels";
    entry.classList.toggle("bad", count > 0);
  }

  async open(name) {
    this.name = name;
    $("talk").hidden = true;
    $("desk").hidden = false;
    $("frame").classList.remove("list");
    this.mark();
    $("desk-title").textContent = SHEETS[name][0];
    $("desk-body").replaceChildren();
    this.say("");
    this.handlers.opened();
    await this.show();
    $("desk-title").focus();
  }

  close() {
    if (!this.name) return;
    this.name = "";
    $("desk").hidden = true;
    $("talk").hidden = false;
    this.mark();
    this.handlers.left();
  }

  mark() {
    for (const entry of $("desks").children) {
      if (entry.dataset.sheet === this.name) entry.setAttribute("aria-current", "page");
      else entry.removeAttribute("aria-current");
    }
  }

  // Reads the sheet anew; a slower answer to an earlier reading does not replace a newer one.
  async show() {
    const turn = (this.opening += 1);
    try {
      const nodes = await SHEETS[this.name][1](this);
      if (turn !== this.opening) return;
      if (this.name === "channels") await this.warn();
      $("desk-body").replaceChildren(...nodes);
      this.complain("");
    } catch (error) {
      if (turn === this.opening) this.complain(excuse(error));
    }
  }

  // Does something and shows what became of it; true when it was done.
  async act(words, work, control = null) {
    if (control) control.disabled = true;
    try {
      await work();
    } catch (error) {
      this.complain(excuse(error));
      $("desk-trouble").scrollIntoView({ block: "nearest" });
      return false;
    } finally {
      if (control) control.disabled = false;
    }
    await this.show();
    this.say(words);
    // The button that was pressed is gone: the keyboard goes on from the top, where it says what was done.
    $("desk-title").focus();
    $("desk-news").scrollIntoView({ block: "nearest" });
    return true;
  }

  complain(words) {
    $("desk-trouble").hidden = !words;
    $("desk-trouble").textContent = words;
    if (words) this.say("");
  }

  say(words) {
    $("desk-news").hidden = !words;
    $("desk-news").textContent = words;
  }
}
