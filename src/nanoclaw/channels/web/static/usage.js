// What the model cost, by day or by group.

import { make, select, field } from "/static/dom.js";
import { operate } from "/static/server.js";

const BY = [["day", "Day"], ["group", "Group"], ["model", "Model"], ["task", "Task"]];
const number = new Intl.NumberFormat();
let by = "day";

export async function usage(desk) {
  const found = await operate("GET", `/v1/usage?by=${by}`);
  const choice = select(BY, by);
  choice.addEventListener("change", async () => { by = choice.value; await desk.show(); document.querySelector("#desk-body select")?.focus(); });
  return [field("By", choice), found.lines.length ? table(found.lines, found.total) : make("p", "soft", "Nothing was used yet.")];
}

function table(lines, total) {
  const node = make("table", "usage");
  const head = make("thead");
  head.append(line("th", [BY.find(([one]) => one === by)[1], "Cost", by === "task" ? "Turns" : "Calls", "Tokens in", "From cache", "Tokens out"]));
  const body = make("tbody");
  for (const one of lines) body.append(line("td", [one.key || "other", ...figures(one)]));
  const foot = make("tfoot");
  foot.append(line("td", ["Together", ...figures(total)]));
  node.append(head, body, foot);
  const scroll = make("div", "wide");
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", "Usage");
  scroll.append(node);
  return scroll;
}

function line(tag, cells) {
  const row = make("tr");
  cells.forEach((cell, index) => {
    const node = make(tag, "", cell);
    if (tag === "th") node.scope = "col";
    if (index === 0) node.dir = "auto";
    row.append(node);
  });
  return row;
}

const figures = (one) => [
  money(one.cost_usd), number.format(one.calls), number.format(one.input_tokens + one.cache_write_tokens),
  number.format(one.cache_read_tokens), number.format(one.output_tokens),
];

const money = (usd) => `$${usd < 1 ? usd.toFixed(4) : usd.toFixed(2)}`;
