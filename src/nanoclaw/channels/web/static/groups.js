// Groups: those there are, with their settings, and the chats that wrote but belong to none.

import { check, field, input, make, select } from "/static/dom.js";
import { operate } from "/static/server.js";
import { facts, form, heading, when } from "/static/sheet.js";

const FOLDER = "[A-Za-z0-9][A-Za-z0-9_\\-]{0,63}";
const ONE_OF = /^one of (.+)$/;

export async function groups(desk) {
  const [{ groups: all, unregistered }, { options }] = await Promise.all([operate("GET", "/v1/groups"), operate("GET", "/v1/options")]);
  const nodes = all.map((group) => card(desk, group, options));
  if (unregistered.length) {
    nodes.push(heading("Chats without a group"));
    nodes.push(make("p", "soft", "They wrote, but nobody answers there, and what they say is not kept."));
    nodes.push(...unregistered.map((chat) => stranger(desk, chat)));
  }
  nodes.push(heading("New group on this page"), registration(desk, { channel: "web", chat: "", name: "" }));
  return nodes;
}

function card(desk, group, options) {
  const node = make("details", "card");
  const summary = make("summary");
  summary.append(make("bdi", "", group.name), make("small", "", group.is_main ? `${group.folder}, the main group` : group.folder));
  const chats = group.chats.map((chat) => `${chat.channel}: ${chat.name || chat.chat}, last active ${when(chat.last_activity)}`);
  node.append(summary, facts([["Chats", chats.join("\n") || "none"]]), settings(desk, group, options));
  return node;
}

// Only what was changed is sent; an emptied field is the default again.
function settings(desk, group, options) {
  const controls = new Map();
  const add = (name, words, control, help) => { controls.set(name, [control, control.value]); return field(words, control, help); };
  const fields = [
    add("name", "Name", input(group.name, { required: true })),
    add("trigger", "Trigger word", input(group.trigger)),
    add("requires_trigger", "Answers", select([["yes", "when the trigger word is there"], ["no", "to every message"]], group.requires_trigger ? "yes" : "no")),
    ...options.map(({ name, allowed }) => add(name, label(name), control(allowed, group.options[name] ?? ""), allowed)),
  ];
  return form("Save", fields, (send) => {
    const changes = {};
    for (const [name, [node, before]] of controls) if (node.value !== before) changes[name] = node.value;
    if (!Object.keys(changes).length) return desk.say("Nothing was changed.");
    return desk.act(`Saved: ${group.name}.`, () => operate("PATCH", `/v1/groups/${group.folder}`, { changes }), send);
  });
}

function control(allowed, value) {
  const words = ONE_OF.exec(allowed)?.[1].split(", ").filter((word) => word !== "(empty)");
  return words ? select([["", "default"], ...words.map((word) => [word, word])], value) : input(value);
}

const label = (name) => name.replaceAll("_", " ").replace(/^./, (letter) => letter.toUpperCase()).replace(/ mib$/, " (MiB)").replace(/ usd$/, " (USD)");

function stranger(desk, chat) {
  const node = make("details", "card");
  const summary = make("summary");
  summary.append(make("bdi", "", chat.name || chat.chat), make("small", "", `${chat.channel}, ${when(chat.last_activity)}`));
  node.append(summary, registration(desk, chat));
  return node;
}

function registration(desk, chat) {
  const name = input(chat.name, { required: true });
  const folder = input(slug(chat.name), { required: true, pattern: FOLDER, placeholder: "family" });
  const [label, always] = check("Answers every message, without the trigger word", chat.channel === "web");
  const fields = [field("Name", name), field("Folder", folder, "Letters, digits, - and _. It stays as it is."), label];
  name.addEventListener("input", () => { if (!folder.dataset.touched) folder.value = slug(name.value); });
  folder.addEventListener("input", () => { folder.dataset.touched = "yes"; });
  return form("Register", fields, (send) => {
    const request = { name: name.value, folder: folder.value, channel: chat.channel, chat: chat.chat, requires_trigger: !always.checked };
    return desk.act(`Registered: ${name.value}.`, () => operate("POST", "/v1/groups", request), send);
  });
}

const slug = (name) => name.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40);
