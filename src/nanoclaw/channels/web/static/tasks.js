// Scheduled tasks: what is to be done and when, what became of it, and new ones.

import { button, field, input, make, select } from "/static/dom.js";
import { operate } from "/static/server.js";
import { facts, form, heading, whenThere } from "/static/sheet.js";

const SCHEDULES = [["cron", "by a cron line"], ["interval", "again and again"], ["once", "once"]];
const EXAMPLES = {
  cron: ["0 8 * * 1-5", "Five fields, in the assistant's time zone: minute, hour, day, month, day of the week."],
  interval: ["2h", "A span such as 30m, 2h, 1d or 1w."],
  once: ["2030-01-31T08:00", "A date and a time, in the assistant's time zone."],
};
const ACTIONS = {
  active: [["Pause", "pause"], ["Run now", "run"], ["Cancel", "cancel"]],
  paused: [["Resume", "resume"], ["Run now", "run"], ["Cancel", "cancel"]],
};
const UNITS = { s: 1000, m: 60000, h: 3600000, d: 86400000, w: 604800000 };
const DONE = { pause: "Paused", resume: "Resumed", cancel: "Cancelled", run: "It runs now" };

export async function tasks(desk) {
  const [{ tasks: all }, { groups }] = await Promise.all([operate("GET", "/v1/tasks"), operate("GET", "/v1/groups")]);
  const nodes = all.length ? all.map((task) => card(desk, task)) : [make("p", "soft", "No tasks yet. The assistant makes them when you ask it to; here you can, too.")];
  nodes.push(heading("New task"), creation(desk, groups));
  return nodes;
}

function card(desk, task) {
  const node = make("article", "card");
  node.append(make("h4", "", task.name || `Task ${task.id}`), make("p", "words", task.prompt));
  node.append(facts([
    ["Group", task.group], ["Chat", `${task.channel}: ${task.chat}`], ["When", timing(task.schedule_type, task.schedule_value)],
    ["Next", whenThere(task.next[0])], ["State", task.state],
  ]));
  if (task.problem) node.append(make("p", "bad", task.problem));
  const actions = make("div", "actions");
  for (const [words, action] of ACTIONS[task.state] ?? []) {
    const control = button(words, () => sure(control, action) && desk.act(`${DONE[action]}: ${task.name || `task ${task.id}`}.`, () => operate("POST", `/v1/tasks/${task.id}/${action}`), control));
    actions.append(control);
  }
  node.append(actions, history(desk, task));
  return node;
}

// What cannot be taken back is asked once more.
function sure(control, action) {
  if (action !== "cancel" || control.dataset.asked) return true;
  control.dataset.asked = "yes";
  control.textContent = "Cancel for good?";
  return false;
}

function history(desk, task) {
  const node = make("details");
  const list = make("ul", "runs");
  node.append(make("summary", "", "Runs"), list);
  node.addEventListener("toggle", async () => {
    if (!node.open) return;
    try {
      const { runs } = await operate("GET", `/v1/tasks/${task.id}/runs`);
      list.replaceChildren(...(runs.length ? runs.map(run) : [make("li", "", "It has not run yet.")]));
    } catch (error) {
      list.replaceChildren(make("li", "bad", error.message));
    }
  });
  return node;
}

function run(one) {
  const item = make("li");
  const notes = [one.state, one.by_hand ? "by hand" : "", one.delivered === false ? "not delivered" : ""].filter(Boolean).join(", ");
  item.append(make("span", ["failed", "missed"].includes(one.state) ? "bad" : "", `${whenThere(one.due)}: ${notes}`));
  const words = one.error || one.result;
  if (words) item.append(make("p", "words", words.length > 600 ? `${words.slice(0, 600)}…` : words));
  return item;
}

function timing(kind, value) {
  if (kind === "interval") return `every ${span(Number(value))}`;
  return kind === "once" ? `once, ${value}` : value;
}

// Milliseconds as 30m or 2h, in the largest unit that says them whole; and back, null when it is no span.
function span(milliseconds) {
  const [unit, size] = Object.entries(UNITS).findLast(([, one]) => milliseconds % one === 0) ?? ["ms", 1];
  return `${milliseconds / size}${unit}`;
}

function parseSpan(text) {
  const found = /^\s*(\d{1,6})\s*([smhdw])\s*$/i.exec(text);
  return found ? Number(found[1]) * UNITS[found[2].toLowerCase()] : null;
}

// A group's chats, those of this page first.
function chats(group) {
  const here = (one) => (one.channel === "web" ? 0 : 1);
  const sorted = [...(group?.chats ?? [])].sort((one, other) => here(one) - here(other));
  return sorted.map(({ channel, chat, name }) => new Option(`${channel}: ${name || chat}`, `${channel}:${chat}`));
}

function creation(desk, groups) {
  const group = select(groups.map(({ folder, name }) => [folder, name]), groups[0]?.folder);
  const chat = select([]);
  const place = field("Chat", chat, "Where its results go.");
  const offer = () => chat.replaceChildren(...chats(groups.find(({ folder }) => folder === group.value)));
  group.addEventListener("change", offer);
  offer();
  const name = input("", { placeholder: "Morning news" });
  const prompt = make("textarea");
  Object.assign(prompt, { required: true, rows: 3, maxLength: 20000 });
  const kind = select(SCHEDULES, "cron");
  const value = input("", { required: true });
  const moment = field("Time", value, " ");
  const help = moment.querySelector("small");
  const explain = () => { [value.placeholder, help.textContent] = EXAMPLES[kind.value]; };
  kind.addEventListener("change", explain);
  explain();
  const context = select([["group", "the group's own, which knows the chat"], ["isolated", "a fresh one each time"]]);
  const fields = [
    field("Group", group), place, field("What to do", prompt), field("Repeats", kind), moment, field("Conversation", context),
    field("Name", name, "Optional."),
  ];
  return form("Add", fields, (send) => {
    const milliseconds = parseSpan(value.value);
    if (kind.value === "interval" && !milliseconds) return desk.complain(`${value.value} is no span of time. ${EXAMPLES.interval[1]}`);
    const time = kind.value === "interval" ? String(milliseconds) : value.value;
    const request = {
      group: group.value, chat: chat.value, name: name.value, prompt: prompt.value, schedule_type: kind.value, schedule_value: time,
      context_mode: context.value,
    };
    return desk.act("Added.", () => operate("POST", "/v1/tasks", request), send);
  });
}
