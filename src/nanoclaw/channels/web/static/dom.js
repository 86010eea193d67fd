// Making nodes. Text only ever enters as text.

export function make(tag, classes = "", text = "") {
  const node = document.createElement(tag);
  if (classes.trim()) node.className = classes.trim();
  if (text) node.textContent = text;
  return node;
}

export function button(words, act) {
  const node = make("button", "quiet", words);
  node.type = "button";
  node.addEventListener("click", act);
  return node;
}

let labels = 0;

// A field below its label, with a line of help where there is one.
export function field(words, control, help = "") {
  const box = make("div", "field");
  const label = make("label", "", words);
  control.id = `field-${(labels += 1)}`;
  label.htmlFor = control.id;
  box.append(label, control);
  if (help) {
    const note = make("small", "", help);
    note.id = `${control.id}-help`;
    control.setAttribute("aria-describedby", note.id);
    box.append(note);
  }
  return box;
}

export function input(value = "", { required = false, pattern = "", placeholder = "" } = {}) {
  const node = make("input");
  Object.assign(node, { type: "text", value, required, placeholder, autocomplete: "off" });
  if (pattern) node.pattern = pattern;
  return node;
}

// `choices`: [value, words] each.
export function select(choices, value = "") {
  const node = make("select");
  for (const [one, words] of choices) node.append(new Option(words, one, false, one === value));
  return node;
}

export function check(words, checked) {
  const label = make("label", "check");
  const box = make("input");
  Object.assign(box, { type: "checkbox", checked });
  label.append(box, make("span", "", words));
  return [label, box];
}
