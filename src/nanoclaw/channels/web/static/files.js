// Files: those a person chose and has not sent yet, and those in the conversation.

import { make } from "/static/dom.js";
import { chatPath } from "/static/server.js";

export const LARGEST = 25 * 1024 * 1024;
export const MOST = 10;
// What a browser only ever paints. SVG is not among them: it can hold script.
const PICTURES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const LARGEST_PICTURE = 12e6;

export function size(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  if (bytes < 1e6) return `${Math.round(bytes / 1000)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

// Why these files cannot join those already chosen; empty when they can.
export function objection(chosen, files) {
  const large = files.find((file) => file.size > LARGEST);
  if (large) return `${large.name} is larger than 25 MB. Pack it, or send it in parts.`;
  return chosen.length + files.length > MOST ? `One message takes ${MOST} files. Send the others with another one.` : "";
}

// The list above the message field; `remove(index)` when a person changes their mind.
export function showChosen(list, files, remove) {
  list.hidden = !files.length;
  list.replaceChildren(...files.map((file, index) => {
    const item = make("li", "chip");
    const away = make("button", "", "✕");
    away.type = "button";
    away.setAttribute("aria-label", `Do not send ${file.name}`);
    away.addEventListener("click", () => remove(index));
    item.append(make("bdi", "", file.name), make("small", "", size(file.size)), away);
    return item;
  }));
}

// The names of files that a person sent.
export function fileNames(files) {
  const list = make("ul", "sent-files");
  for (const file of files) {
    const item = make("li", "chip");
    item.append(make("bdi", "", file.name));
    if (file.size !== undefined) item.append(make("small", "", size(file.size)));
    list.append(item);
  }
  return list;
}

// A file of the assistant's: a link that saves it, and the picture if it is one.
export function sentFile(chat, line, pictures) {
  const address = chatPath(chat, `files/${line.id}`);
  const { name, type, size: bytes } = line.file;
  const box = make("div", "file");
  const link = make("a", "save");
  link.href = address;
  link.download = name;
  link.append(make("bdi", "", name), make("small", "", size(bytes)), make("span", "hidden", "Save this file"));
  if (PICTURES.has(type) && bytes <= LARGEST_PICTURE) {
    const picture = make("img", "picture");
    picture.alt = `Picture ${name}`;
    picture.hidden = true;
    box.append(picture);
    paint(picture, address, type, pictures);
  }
  box.append(link);
  return box;
}

async function paint(picture, address, type, pictures) {
  try {
    if (!pictures.has(address)) pictures.set(address, fetchPicture(address, type));
    picture.src = await pictures.get(address);
    await picture.decode();
    picture.hidden = false;
  } catch {
    // It is no picture after all, or is gone: the link says what it is.
    pictures.delete(address);
    picture.remove();
  }
}

// The type is ours, not the answer's: whatever the bytes are, they are only ever painted.
async function fetchPicture(address, type) {
  const response = await fetch(address, { cache: "no-store" });
  if (!response.ok) throw new Error(response.statusText);
  return URL.createObjectURL(new Blob([await response.arrayBuffer()], { type }));
}
