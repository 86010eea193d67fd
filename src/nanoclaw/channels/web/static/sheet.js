// What sheets are made of.

import { make } from "/static/dom.js";

export function heading(words) {
  return make("h3", "", words);
}

// A form whose button does `submit(values)`; nothing is sent while a field is not right.
export function form(words, fields, submit) {
  const node = make("form", "sheet-form");
  const send = make("button", "strong", words);
  send.type = "submit";
  node.append(...fields, send);
  node.addEventListener("submit", (event) => { event.preventDefault(); submit(send); });
  return node;
}

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const momentThere = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });

export function when(time) {
  const date = new Date(time ?? "");
  return Number.isNaN(date.getTime()) ? "never" : moment.format(date);
}

// A time with its offset as a clock shows it there, which may not be here.
export function whenThere(time) {
  const date = new Date(`${(time ?? "").slice(0, 19)}Z`);
  return Number.isNaN(date.getTime()) ? "" : momentThere.format(date);
}

// Facts about a thing: [name, text] each; those without a text are left out.
export function facts(pairs) {
  const list = make("dl", "facts");
  for (const [name, text] of pairs) {
    if (text === "" || text === null || text === undefined) continue;
    const value = make("dd", "", String(text));
    value.dir = "auto";
    list.append(make("dt", "", name), value);
  }
  return list;
}
