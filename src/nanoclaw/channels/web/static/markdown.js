// Markdown as DOM nodes. Text only ever enters through textContent, and an address only after it was parsed and found
// to be http or https: whatever a message holds, it cannot become markup, script, or a request.

const DEEPEST = 6;
const LONGEST_INLINE = 20000;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*)$/;
const ITEM = /^( *)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const RULE = /^ {0,3}([-*_])( *\1){2,}\s*$/;
const QUOTE = /^ {0,3}> ?/;
const ADDRESS = /^https?:\/\/[^\s<>"'`\\^{|}]+/i;

export function renderMarkdown(text) {
  const fragment = document.createDocumentFragment();
  blocks(text.split(/\r\n|\r|\n/), fragment, 0);
  return fragment;
}

function blocks(lines, parent, depth) {
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    if (!line.trim()) at += 1;
    else if (FENCE.test(line)) at = code(lines, at, parent);
    else if (RULE.test(line)) { parent.append(document.createElement("hr")); at += 1; }
    else if (HEADING.test(line)) at = heading(lines, at, parent);
    else if (QUOTE.test(line) && depth < DEEPEST) at = quote(lines, at, parent, depth);
    else if (ITEM.test(line) && depth < DEEPEST) at = list(lines, at, parent, depth);
    else at = paragraph(lines, at, parent, depth);
  }
}

function code(lines, at, parent) {
  const mark = FENCE.exec(lines[at])[1];
  let end = at + 1;
  while (end < lines.length && !(lines[end].trim().startsWith(mark) && !lines[end].trim().slice(mark.length).replaceAll(mark[0], ""))) end += 1;
  const pre = element("pre", parent);
  pre.tabIndex = 0;
  pre.dir = "ltr";
  element("code", pre).textContent = lines.slice(at + 1, end).join("\n");
  return end + 1;
}

function heading(lines, at, parent) {
  const [, marks, words] = HEADING.exec(lines[at]);
  const node = element(`h${Math.min(5, marks.length + 2)}`, parent);
  inline(words.replace(/\s#+\s*$/, ""), node, 0);
  isolate(node);
  return at + 1;
}

function quote(lines, at, parent, depth) {
  const inside = [];
  for (; at < lines.length && QUOTE.test(lines[at]); at += 1) inside.push(lines[at].replace(QUOTE, ""));
  const node = element("blockquote", parent);
  blocks(inside, node, depth + 1);
  isolate(node);
  return at;
}

function list(lines, at, parent, depth) {
  const [, indent, mark] = ITEM.exec(lines[at]);
  const ordered = /\d/.test(mark);
  const node = element(ordered ? "ol" : "ul", parent);
  if (ordered) node.start = parseInt(mark, 10);
  while (at < lines.length) {
    const match = ITEM.exec(lines[at]);
    if (!match || match[1].length > indent.length + 1 || match[1].length < indent.length || /\d/.test(match[2]) !== ordered) break;
    const inside = [];
    const item = element("li", node);
    inline(match[3], item, 0);
    for (at += 1; at < lines.length && belongs(lines, at, indent.length); at += 1) inside.push(lines[at].slice(Math.min(spaces(lines[at]), indent.length + 2)));
    blocks(inside, item, depth + 1);
    isolate(item);
    while (at < lines.length && !lines[at].trim() && ITEM.test(lines[at + 1] ?? "")) at += 1;
  }
  isolate(node);
  return at;
}

// Whether a line is still part of the list item before it: it is indented deeper, or a blank line before such a one.
function belongs(lines, at, indent) {
  if (lines[at].trim()) return spaces(lines[at]) >= indent + 2;
  const next = lines[at + 1];
  return next !== undefined && Boolean(next.trim()) && spaces(next) >= indent + 2;
}

const spaces = (line) => line.length - line.trimStart().length;

function paragraph(lines, at, parent, depth) {
  const first = at;
  const starts = (line) => FENCE.test(line) || HEADING.test(line) || RULE.test(line) || (depth < DEEPEST && (QUOTE.test(line) || ITEM.test(line)));
  for (at += 1; at < lines.length && lines[at].trim() && !starts(lines[at]); at += 1);
  const node = element("p", parent);
  lines.slice(first, at).forEach((line, index) => {
    if (index) node.append(document.createElement("br"));
    inline(line.trim(), node, 0);
  });
  isolate(node);
  return at;
}

// `links` is false inside a link: links do not nest.
function inline(text, parent, depth, links = true) {
  if (text.length > LONGEST_INLINE || depth > DEEPEST) {
    parent.append(text);
    return;
  }
  let plain = "";
  const flush = () => { if (plain) parent.append(plain); plain = ""; };
  let at = 0;
  while (at < text.length) {
    const piece = special(text, at, links);
    if (piece) {
      flush();
      piece.build(parent, depth, links);
      at = piece.end;
    } else if (text[at] === "\\" && /[!-/:-@[-`{-~]/.test(text[at + 1] ?? "")) {
      plain += text[at + 1];
      at += 2;
    } else {
      plain += text[at];
      at += 1;
    }
  }
  flush();
}

function special(text, at, links) {
  switch (text[at]) {
    case "`": return codeSpan(text, at);
    case "*": case "_": case "~": return emphasis(text, at);
    case "[": return links ? link(text, at) : null;
    case "h": case "H": return links ? bareAddress(text, at) : null;
    default: return null;
  }
}

function codeSpan(text, at) {
  const ticks = /^`+/.exec(text.slice(at, at + 20))[0];
  const end = text.indexOf(ticks, at + ticks.length);
  if (end < 0) return null;
  const inside = text.slice(at + ticks.length, end).replace(/^ (.*[^ ].*) $/, "$1");
  return { end: end + ticks.length, build: (parent) => { element("code", parent).textContent = inside; } };
}

function emphasis(text, at) {
  for (const [mark, tag] of [["**", "strong"], ["__", "strong"], ["~~", "s"], ["*", "em"], ["_", "em"]]) {
    if (!text.startsWith(mark, at) || /\s/.test(text[at + mark.length] ?? " ")) continue;
    if (mark[0] === "_" && /[\p{L}\p{N}]/u.test(text[at - 1] ?? " ")) continue;
    const end = closing(text, mark, at + mark.length);
    if (end < 0) continue;
    const inside = text.slice(at + mark.length, end);
    return { end: end + mark.length, build: (parent, depth, links) => inline(inside, element(tag, parent), depth + 1, links) };
  }
  return null;
}

function closing(text, mark, from) {
  for (let tries = 0, end = text.indexOf(mark, from); end >= 0 && tries < 50; end = text.indexOf(mark, end + 1), tries += 1) {
    const after = text[end + mark.length] ?? " ";
    if (end === from || /\s/.test(text[end - 1]) || text[end - 1] === "\\") continue;
    if (mark.length === 1 && (after === mark || text[end - 1] === mark)) continue;
    if (mark.length === 2 && after === mark[0]) return end + 1;
    if (mark[0] === "_" && /[\p{L}\p{N}]/u.test(after)) continue;
    return end;
  }
  return -1;
}

function link(text, at) {
  const middle = text.indexOf("](", at);
  if (middle < 0 || middle - at > 2000) return null;
  let open = 1;
  let end = middle + 2;
  for (; end < text.length && end - middle < 4000; end += 1) {
    if (text[end] === "(") open += 1;
    if (text[end] === ")" && --open === 0) break;
  }
  if (open !== 0) return null;
  const words = text.slice(at + 1, middle);
  const address = safeAddress(text.slice(middle + 2, end).trim().split(/\s/)[0].replace(/^<(.*)>$/, "$1"));
  if (!address) return null;
  return { end: end + 1, build: (parent, depth) => inline(words, anchor(address, parent), depth + 1, false) };
}

function bareAddress(text, at) {
  if (/[\p{L}\p{N}]/u.test(text[at - 1] ?? " ")) return null;
  const found = ADDRESS.exec(text.slice(at, at + 4000))?.[0].replace(/[.,;:!?*_~]+$/, "").replace(/^([^(]*)\)+$/, "$1");
  const address = found && safeAddress(found);
  if (!address) return null;
  return { end: at + found.length, build: (parent) => { anchor(address, parent).textContent = found; } };
}

function safeAddress(text) {
  try {
    const address = new URL(text);
    return ["http:", "https:"].includes(address.protocol) && !address.username && !address.password ? address.href : null;
  } catch {
    return null;
  }
}

function anchor(address, parent) {
  const node = element("a", parent);
  node.href = address;
  node.title = address;
  node.target = "_blank";
  node.rel = "noopener noreferrer";
  return node;
}

function element(tag, parent) {
  const node = document.createElement(tag);
  parent.append(node);
  return node;
}

// Each block finds its own direction, and what it holds cannot turn what stands around it. Called when the block is
// whole: the browser looks through all of it again whenever something is added.
function isolate(node) {
  node.dir = "auto";
}
