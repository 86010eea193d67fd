// The page: puts the parts together. Data flows one way: events and answers change a Conversation, which is shown.

import { Conversation } from "/static/conversation.js";
import { Outbox } from "/static/outbox.js";
import { Desk } from "/static/desk.js";
import { button, make } from "/static/dom.js";
import { objection, showChosen } from "/static/files.js";
import { ask, chatPath, excuse, Refused, Stream } from "/static/server.js";
import { View, work } from "/static/view.js";

const LONGEST_BYTES = 1048576;
const TYPING_MS = 20000;
const REFRESH_MS = 150;
const MOST_LINES = 1000;

const $ = (id) => document.getElementById(id);
const conversations = new Map();
const refreshes = new Map();
let current = null;
let signedOut = false;
let lastTyping = -TYPING_MS;
let frame = 0;
let stuck = true; // at the end of the conversation

const view = new View($("log"), { retry: (item) => outbox.retry(item), discard: (item) => outbox.discard(item), again, answer });
const outbox = new Outbox({ changed: (chat) => { if (chat === current?.card.chat) draw(); }, sent: confirmed, signedOut: showSignedOut });
const desk = new Desk({ left: () => { drawChats(); toEnd(); }, opened: drawChats });
const stream = new Stream({ up: online, down: offline, signedOut: showSignedOut, event: happened });

// The focus leaves the button, so that Enter does not send it a third time.
function again(text) {
  outbox.add(current.card.chat, text);
  $("text").focus();
}

function answer(line, choice) {
  outbox.add(current.card.chat, choice, { answers: line.name });
  toEnd();
  $("text").focus();
}

// The list of chats

async function loadChats() {
  const { chats } = await ask("/api/chats");
  const names = new Set(chats.map((card) => card.chat));
  for (const chat of conversations.keys()) if (!names.has(chat)) conversations.delete(chat);
  for (const card of chats) {
    if (conversations.has(card.chat)) conversations.get(card.chat).card = card;
    else conversations.set(card.chat, new Conversation(card));
  }
  if (!current || !names.has(current.card.chat)) choose(conversations.values().next().value ?? null);
  drawChats();
}

// The stream carries the chats that there were when it was opened.
async function noticeNewChats() {
  if (!stream.up) return;
  try {
    const { chats } = await ask("/api/chats");
    if (chats.map((card) => card.chat).sort().join("\n") !== [...conversations.keys()].sort().join("\n")) stream.open();
  } catch {
    // The stream's own watchdog deals with a server that is away.
  }
}

function drawChats() {
  $("chats").replaceChildren(...[...conversations.values()].map(chatEntry));
  const unread = [...conversations.values()].reduce((sum, one) => sum + one.unread, 0);
  document.title = `${unread ? `(${unread}) ` : ""}${current?.card.name ?? "NanoClaw"}`;
}

function chatEntry(conversation) {
  const entry = make("button");
  entry.type = "button";
  const { name, folder } = conversation.card;
  const letter = make("span", "letter", [...name][0]?.toUpperCase() ?? "?");
  letter.setAttribute("aria-hidden", "true");
  const label = make("span", "label");
  label.append(make("bdi", "", name), make("small", "", conversation.typing ? "working…" : folder));
  entry.append(letter, label);
  if (conversation === current && !desk.name) entry.setAttribute("aria-current", "true");
  if (conversation.unread) {
    const dot = make("span", "dot", String(conversation.unread));
    dot.setAttribute("aria-label", `${conversation.unread} new`);
    entry.append(dot);
  }
  entry.addEventListener("click", () => { desk.close(); choose(conversation); $("frame").classList.remove("list"); $("text").focus(); });
  const item = make("li");
  item.append(entry);
  return item;
}

function choose(conversation) {
  if (current) current.draft = $("text").value;
  current = conversation;
  view.clear();
  $("text").value = conversation?.draft ?? "";
  grow();
  drawChosen();
  $("composer").hidden = !conversation;
  $("name").textContent = conversation?.card.name ?? "NanoClaw";
  if (conversation) {
    conversation.unread = 0;
    load(conversation, { fresh: !conversation.loaded });
  }
  draw();
  drawChats();
  toEnd();
}

// Lines

async function load(conversation, { fresh = false } = {}) {
  try {
    const { lines } = await ask(chatPath(conversation.card.chat, `lines?limit=${conversation.limit}`));
    const atEnd = isAtEnd();
    conversation.load(lines, { fresh });
    confirmByName(conversation);
    if (conversation === current) { draw(); if (fresh && atEnd) toEnd(); }
  } catch (error) {
    if (error instanceof Refused && error.status === 401) showSignedOut();
    // Otherwise the stream finds out that the server is away, and loads again when it is back.
  }
}

// Several changes within a moment are one reading.
function refresh(conversation) {
  const { chat } = conversation.card;
  if (refreshes.has(chat)) return;
  refreshes.set(chat, setTimeout(() => { refreshes.delete(chat); load(conversation); }, REFRESH_MS));
}

function happened(kind, content) {
  const conversation = conversations.get(content.chat);
  if (!conversation) { loadChats().catch(() => {}); return; }
  const away = conversation !== current || document.hidden;
  if (kind === "reply" && content.kind !== "reaction" && away && !conversation.lines.has(content.id)) conversation.unread += 1;
  const again = conversation.take(kind, content);
  if (kind === "message") bind(conversation, content);
  if (again) refresh(conversation);
  if (kind === "reply" || kind === "typing") drawChats();
  if (conversation === current) drawSoon();
}

// The own message came back as an event before the answer to its sending: it is shown once.
function bind(conversation, { id, text }) {
  const item = outbox.of(conversation.card.chat).find((one) => one.state === "sending" && !one.line && one.text === text);
  if (item) item.line = id;
}

// A message whose confirmation was lost is in the history under its own id.
function confirmByName(conversation) {
  const names = new Set([...conversation.lines.values()].map((line) => line.name));
  for (const item of outbox.of(conversation.card.chat)) if (names.has(item.id)) outbox.discard(item);
}

function confirmed(item, { id, turn }) {
  const conversation = conversations.get(item.chat);
  if (!conversation) return;
  if (!conversation.lines.has(id)) {
    conversation.put({ id, at: Date.now(), direction: "in", sender: "You", text: item.text, state: turn === null ? "stored" : "queued", name: item.id, attachments: item.files });
  }
  refresh(conversation);
}

function unsent(conversation) {
  return outbox.of(conversation.card.chat).filter((item) => !(item.line && conversation.lines.has(item.line)));
}

// Showing

function drawSoon() {
  if (!frame) frame = setTimeout(() => { frame = 0; draw(); }, 50);
}

function draw() {
  const atEnd = isAtEnd();
  const before = $("log").childElementCount;
  if (current) view.show(current, unsent(current));
  $("stop").hidden = !current?.typing;
  const words = current ? work(current) : "";
  if ($("status").textContent !== words) $("status").textContent = words;
  $("older").hidden = !current?.loaded || current.complete || current.limit >= MOST_LINES;
  drawEmpty();
  if (atEnd) toEnd();
  else if ($("log").childElementCount > before) $("latest").hidden = false;
}

function drawEmpty() {
  const empty = $("empty");
  const nothing = current ? current.loaded && !$("log").childElementCount : !signedOut;
  if (empty.hidden === !nothing) return;
  empty.hidden = !nothing;
  empty.replaceChildren(make("h3", "", current ? "Say hello" : "No chats yet"));
  if (current) {
    empty.append(make("p", "", "What you write here stays on this machine, apart from what the assistant sends to the model."));
  } else {
    empty.append(make("p", "", "No group is registered for this page. Once one is, it appears here."), button("Look again", () => stream.open()));
  }
}

const isAtEnd = () => { const box = $("scroll"); return box.scrollHeight - box.scrollTop - box.clientHeight < 80; };

function toEnd() {
  stuck = true;
  $("scroll").scrollTop = $("scroll").scrollHeight;
  $("latest").hidden = true;
}

// The connection

async function online() {
  signedOut = false;
  banner("");
  desk.look();
  try {
    await loadChats();
  } catch {
    stream.lost();
    return;
  }
  if (current) load(current, { fresh: true });
  for (const conversation of conversations.values()) if (conversation !== current) conversation.loaded = false;
  outbox.flush();
}

function offline() {
  if (!signedOut) banner("No connection to the assistant. Trying again by itself; what you write is kept.");
}

function showSignedOut() {
  signedOut = true;
  banner("You are signed out. Run “nanoclaw status” in a terminal and open the link that it prints; unsent messages are kept.", "bad");
}

function banner(words, kind = "") {
  const node = $("banner");
  node.hidden = !words;
  node.className = `banner ${kind}`;
  if (node.textContent !== words) node.textContent = words;
}

// Writing

function submit() {
  const field = $("text");
  const text = wellFormed(field.value);
  if (!current || !(text.trim() || current.files.length)) return;
  if (new TextEncoder().encode(text).length > LONGEST_BYTES) {
    trouble("This message is longer than 1 MB. Send it in parts, or put it into a file.");
    return;
  }
  trouble("");
  field.value = "";
  grow();
  outbox.add(current.card.chat, text.trim() ? text : "", { files: current.files.splice(0) });
  drawChosen();
  toEnd();
  field.focus();
}

// Half of a character pair cannot be stored anywhere.
const wellFormed = (text) => text.toWellFormed?.() ?? text;

function trouble(words) {
  $("trouble").hidden = !words;
  $("trouble").textContent = words;
}

// Files

function attach(files) {
  if (!current || !files.length) return;
  const why = objection(current.files, files);
  trouble(why);
  if (why) return;
  current.files.push(...files);
  drawChosen();
  $("text").focus();
}

function drawChosen() {
  showChosen($("chosen"), current?.files ?? [], (index) => { current.files.splice(index, 1); drawChosen(); $("text").focus(); });
}

const hasFiles = (event) => event.dataTransfer?.types.includes("Files");

$("attach").addEventListener("click", () => $("files").click());
$("files").addEventListener("change", () => { attach([...$("files").files]); $("files").value = ""; });
$("text").addEventListener("paste", (event) => {
  if (!event.clipboardData.files.length) return;
  event.preventDefault();
  attach([...event.clipboardData.files]);
});
// Wherever a file is dropped, the browser must not open it in place of the page.
addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  $("talk").classList.toggle("dropping", !desk.name && Boolean(current));
});
addEventListener("dragleave", (event) => { if (!event.relatedTarget) $("talk").classList.remove("dropping"); });
addEventListener("drop", (event) => {
  $("talk").classList.remove("dropping");
  if (!hasFiles(event)) return;
  event.preventDefault();
  if (!desk.name) attach([...event.dataTransfer.files]);
});

function grow() {
  const field = $("text");
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
}

function tellTyping() {
  if (!current || !stream.up || performance.now() - lastTyping < TYPING_MS) return;
  lastTyping = performance.now();
  ask(chatPath(current.card.chat, "typing"), {}).catch(() => {}); // only a courtesy: the agent starts ahead
}

$("composer").addEventListener("submit", (event) => { event.preventDefault(); submit(); });
$("text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  submit();
});
$("text").addEventListener("input", () => { grow(); trouble(""); tellTyping(); });
$("stop").addEventListener("click", async () => {
  const conversation = current;
  $("stop").disabled = true;
  try {
    const { stopped } = await ask(chatPath(conversation.card.chat, "stop"), {});
    if (!stopped) { conversation.typing = false; refresh(conversation); draw(); }
  } catch (error) {
    trouble(excuse(error));
  } finally {
    $("stop").disabled = false;
  }
});
$("back").addEventListener("click", () => { $("frame").classList.add("list"); $("chats").querySelector("button")?.focus(); });
$("older").addEventListener("click", async () => {
  const box = $("scroll");
  const fromEnd = box.scrollHeight - box.scrollTop;
  current.limit = Math.min(MOST_LINES, current.limit * 3);
  await load(current);
  box.scrollTop = box.scrollHeight - fromEnd;
});
$("latest").addEventListener("click", toEnd);
$("scroll").addEventListener("scroll", () => { stuck = isAtEnd(); if (stuck) $("latest").hidden = true; }, { passive: true });
// A picture that has arrived, or a window that has shrunk, does not push the newest line out of sight.
const watcher = new ResizeObserver(() => { if (stuck) toEnd(); });
for (const id of ["log", "scroll"]) watcher.observe($(id));
$("logout").addEventListener("click", async () => {
  try {
    await ask("/api/logout", {});
    location.reload();
  } catch {
    trouble("Signing out needs a connection. Try again.");
  }
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  if (current) { current.unread = 0; drawChats(); }
  noticeNewChats();
});

stream.open();
