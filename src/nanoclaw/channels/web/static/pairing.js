// Linking the owner's account to a channel: a code to scan or to type, until it was used, is over, or is given up.

import { button, field, input, make } from "/static/dom.js";
import { excuse, operate } from "/static/server.js";

const UNLINKED = ["unpaired", "logged-out"];
const WAIT_SECONDS = 5;
const BORDER = 4;
// As `nanoclaw auth whatsapp` says it, before anybody links.
const RISK = "WhatsApp is reached by an unofficial client, as a linked device. WhatsApp may close accounts that use one: a second number is the careful choice.";
const SVG = "http://www.w3.org/2000/svg";

// What a channel without an account is given beside its state; null for any other.
export function linking(desk, channel) {
  if (!UNLINKED.includes(channel.condition)) return null;
  const node = make("section", "linking");
  offer(desk, channel.name, node);
  return node;
}

function offer(desk, name, node) {
  const phone = input("", { placeholder: "+49 170 1112223" });
  phone.inputMode = "tel";
  const start = button("Link", () => link(desk, name, node, phone.value.trim()));
  start.setAttribute("aria-label", `Link ${name}`);
  const actions = make("div", "actions");
  actions.append(start);
  const before = name === "whatsapp" ? [make("p", "", RISK), field("Telephone number", phone, "Only to type a code on the telephone instead of scanning a picture.")] : [];
  node.replaceChildren(...before, actions);
}

async function link(desk, name, node, phone) {
  const path = `/v1/channels/${name}/pairing`;
  desk.complain("");
  try {
    let shape = await operate("POST", path, { phone });
    const view = new View(node, () => operate("DELETE", path).catch(() => {}));
    while (node.isConnected && ["starting", "code"].includes(shape.state)) {
      view.show(shape);
      shape = await operate("GET", `${path}?after=${shape.number}&wait_seconds=${WAIT_SECONDS}`);
    }
    view.end();
    if (!node.isConnected) return;
    if (shape.state === "done") { await desk.show(); desk.say(`${name} is linked${shape.name ? `: ${shape.name}` : ""}.`); return; }
    offer(desk, name, node);
    if (shape.state === "failed") desk.complain(`${shape.problem.replace(/\.$/, "")}. ${shape.hint}`.trim());
  } catch (error) {
    if (!node.isConnected) return;
    offer(desk, name, node);
    desk.complain(excuse(error));
  }
}

// The code that counts now, and how long it does.
class View {
  constructor(node, giveUp) {
    this.node = node;
    this.number = 0;
    this.ends = 0;
    this.left = make("p", "soft");
    this.giveUp = button("Give up", giveUp);
    this.timer = setInterval(() => this.tick(), 1000);
  }

  show(shape) {
    if (shape.number === this.number) return;
    this.number = shape.number;
    this.ends = performance.now() + shape.expires_in * 1000;
    const words = make("p", "", shape.state === "code" ? shape.words : "Asking the network for a code…");
    words.setAttribute("role", "status");
    const code = shape.code ? [make("p", "paircode", shape.code)] : [];
    const picture = shape.picture.length ? [drawn(shape.picture)] : [];
    this.node.replaceChildren(words, ...code, ...picture, this.left, this.giveUp);
    this.node.scrollIntoView({ block: "nearest" });
    this.tick();
  }

  tick() {
    const seconds = Math.max(0, Math.round((this.ends - performance.now()) / 1000));
    this.left.textContent = this.ends && seconds ? `This code is good for ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} more.` : "";
  }

  end() {
    clearInterval(this.timer);
  }
}

// Black on white in every theme: telephones read nothing else.
function drawn(rows) {
  const size = rows.length + 2 * BORDER;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("class", "qr");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", "Code to scan with the telephone");
  const path = document.createElementNS(SVG, "path");
  const parts = rows.flatMap((row, y) => [...row].map((module, x) => (module === "1" ? `M${x + BORDER} ${y + BORDER}h1v1h-1z` : "")));
  path.setAttribute("d", parts.join(""));
  svg.append(path);
  return svg;
}
