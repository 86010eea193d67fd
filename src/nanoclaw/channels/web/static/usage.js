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
  const rows = found.rows ?? [];
  const total = rows.reduce((sum, row) => sum + row.cost_usd, 0);
  return [field("By", choice), rows.length ? table(rows, total) : make("p", "soft", "Nothing was used yet.")];
}

function table(rows, total) {
  const node = make("table", "usage");
  const head = make("thead");
  head.append(line("th", [BY.find(([one]) => one === by)[1], "Calls", "Tokens in", "Tokens out", "Cost"]));
  const body = make("tbody");
  for (const row of rows) body.append(line("td", [row.key, number.format(row.calls), number.format(row.input_tokens), number.format(row.output_tokens), money(row.cost_usd)]));
  const foot = make("tfoot");
  foot.append(line("td", ["Together", "", "", "", money(total)]));
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

const money = (usd) => `$${usd < 1 ? usd.toFixed(4) : usd.toFixed(2)}`;
