// Channels: how each is, why, since when, and what to do about it; a test of each.

import { button, make } from "/static/dom.js";
import { linking } from "/static/pairing.js";
import { excuse, operate } from "/static/server.js";
import { facts, when } from "/static/sheet.js";

const WORDS = { up: "up", starting: "starting", down: "down" };

export async function channels(desk) {
  const { channels: all } = await operate("GET", "/v1/status");
  return [...all.map((channel) => card(desk, channel)), button("Look again", () => desk.show())];
}

// How many are not up, for whoever looks at something else.
export async function troubled() {
  const { channels: all } = await operate("GET", "/v1/status");
  return all.filter((channel) => channel.status === "down").length;
}

function card(desk, channel) {
  const node = make("article", "card");
  const head = make("h4");
  const state = make("small", channel.status === "down" ? "bad" : "soft", ` ${stateOf(channel)}`);
  head.append(make("bdi", "", channel.name), state);
  node.append(head);
  if (channel.detail) {
    const why = make("p", "", channel.detail);
    why.dir = "auto";
    node.append(why);
  }
  if (channel.hint) {
    const hint = make("p", "hint", channel.hint);
    hint.dir = "auto";
    node.append(hint);
  }
  node.append(facts([["Since", channel.since ? when(channel.since) : ""]]));
  const actions = make("div", "actions");
  const control = button("Test", () => test(desk, channel, control));
  control.setAttribute("aria-label", `Test ${channel.name}`);
  actions.append(control);
  node.append(actions);
  const unlinked = linking(desk, channel);
  if (unlinked) node.append(unlinked);
  return node;
}

const stateOf = (channel) => `${WORDS[channel.status] ?? channel.status}${channel.condition ? `, ${channel.condition}` : ""}`;

async function test(desk, channel, pressed) {
  pressed.disabled = true;
  desk.say(`Testing ${channel.name}…`);
  try {
    const found = await operate("POST", `/v1/channels/${channel.name}/test`, { wait_seconds: 15 });
    const took = found.message_ms === null ? "" : ` in ${Math.round(found.message_ms)} ms`;
    const words = `${channel.name}: message ${found.message}${took}${found.message === "delivered" ? "" : ` (${found.message_detail})`}, probe ${found.probe}${found.probe === "failed" ? ` (${found.probe_detail})` : ""}.`;
    if (found.ok) desk.say(words);
    else { desk.say(""); desk.complain(words); }
  } catch (error) {
    desk.say("");
    desk.complain(excuse(error));
  } finally {
    pressed.disabled = false;
  }
}
