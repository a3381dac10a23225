// Nodes of the page. What users wrote becomes text nodes and attributes, never HTML.

const SVG = "http://www.w3.org/2000/svg";

// h("button.quiet", { type: "button", onclick }, "Cancel"). Children: nodes, text, lists of them; null and false are none.
export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const node = document.createElement(name || "div");
  if (classes.length) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) set(node, key, value);
  node.append(...nodes(children));
  return node;
}

function set(node, key, value) {
  if (value === null || value === undefined || value === false) return;
  if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
  else if (key === "value" && "defaultValue" in node) node.defaultValue = value;
  else if (key === "value" || key === "checked" || key === "disabled" || key === "hidden") node[key] = value;
  else node.setAttribute(key, value === true ? "" : String(value));
}

export function nodes(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));
}

// Strokes on a grid of 24 by 24.
const ICONS = {
  menu: "M4 7h16M4 12h16M4 17h16",
  plus: "M12 5v14M5 12h14",
  check: "M5 13l4 4L19 7",
  close: "M6 6l12 12M18 6L6 18",
  next: "M9 5l7 7-7 7",
  pencil: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  bin: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5",
  person: "M12 12a4 4 0 100-8 4 4 0 000 8zM4 21c0-4 4-6 8-6s8 2 8 6",
  people: "M9 11a3.5 3.5 0 100-7 3.5 3.5 0 000 7zM2 20c0-4 3-6 7-6s7 2 7 6M16 4.5a3.5 3.5 0 010 6.5M18 14.5c2.5.8 4 2.7 4 5.5",
  list: "M4 6l1.5 1.5L8 5M4 13l1.5 1.5L8 12M4 20l1.5 1.5L8 19M12 6h8M12 13h8M12 20h8",
  chat: "M4 5h16v11H11l-5 4v-4H4z",
  alert: "M12 4l9 16H3zM12 10v4M12 17v.5",
  book: "M6 4h12v16H6zM10 4v16M13 9h3M13 12h3",
  house: "M4 21V10l8-6 8 6v11M10 21v-6h4v6",
  card: "M3 6h18v12H3zM3 10h18M7 15h4",
  box: "M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8",
  grid: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
  lifebuoy: "M12 21a9 9 0 100-18 9 9 0 000 18zM12 15a3 3 0 100-6 3 3 0 000 6zM5.6 5.6l4.2 4.2M14.2 14.2l4.2 4.2M18.4 5.6l-4.2 4.2M9.8 14.2l-4.2 4.2",
  clock: "M12 21a9 9 0 100-18 9 9 0 000 18zM12 7v5l3 3",
  door: "M14 4H5v16h9M10 12h10M17 9l3 3-3 3",
  send: "M4 12l16-7-5 15-4-6z",
  pin: "M9 4h6l-1 6 3 3H7l3-3zM12 13v7",
  mail: "M3 6h18v12H3zM3 7l9 7 9-7",
};

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name] ?? ICONS.grid);
  svg.append(path);
  return svg;
}

let serial = 0;
export const unique = (stem) => `${stem}-${++serial}`;

// Replaces what a node holds; who was at something in it still is.
export function fill(node, ...children) {
  const putBack = keep(node);
  node.replaceChildren(...nodes(children));
  putBack();
}

// What one was at in a node that is about to be drawn anew: the function it returns brings what was typed back to what
// has the same `data-key` then, and the focus too, or near it.
export function keep(node) {
  const find = (key) => node.querySelector(`[data-key="${CSS.escape(key)}"]:not(:disabled)`);
  const focused = node.contains(document.activeElement) ? document.activeElement.dataset.key ?? "" : null;
  const typed = [...node.querySelectorAll("input:not([type=checkbox], [type=radio]), textarea")]
    .filter((field) => field.dataset.key && field.value !== field.defaultValue)
    .map((field) => [field.dataset.key, field.value]);
  return () => {
    for (const [key, value] of typed) Object.assign(find(key) ?? {}, { value });
    if (focused === null || document.activeElement !== document.body) return;
    ((focused && find(focused)) || node.closest("main")?.querySelector("h1") || node).focus({ preventScroll: true });
  };
}
