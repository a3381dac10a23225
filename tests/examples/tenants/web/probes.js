// What is wrong with a page, measured in it. Each answers a list that should be empty.

const seen = (node) => {
  const box = node.getBoundingClientRect();
  return node.checkVisibility({ visibilityProperty: true }) && box.width > 1 && box.height > 1;
};
const say = (node) => `${node.tagName.toLowerCase()}${node.className ? `.${node.className}` : ""} “${(node.textContent || "").trim().slice(0, 40)}”`;
const modal = () => document.querySelector("dialog[open]") ?? document.body;

// ---- contrast, by WCAG 2: 4.5 for text, 3 where it is large

const colour = (text) => {
  const [red, green, blue, alpha = 1] = text.match(/[\d.]+/g).map(Number);
  return { red, green, blue, alpha };
};
const over = (top, below) => ({
  red: top.red * top.alpha + below.red * (1 - top.alpha),
  green: top.green * top.alpha + below.green * (1 - top.alpha),
  blue: top.blue * top.alpha + below.blue * (1 - top.alpha),
  alpha: 1,
});
const light = ({ red, green, blue }) => {
  const [r, g, b] = [red, green, blue].map((each) => (each / 255 <= 0.04045 ? each / 255 / 12.92 : ((each / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ratio = (one, other) => {
  const [bright, dark] = [light(one), light(other)].sort((a, b) => b - a);
  return (bright + 0.05) / (dark + 0.05);
};
const behind = (node) => {
  const layers = [];
  for (let each = node; each; each = each.parentElement) {
    const layer = colour(getComputedStyle(each).backgroundColor);
    if (layer.alpha > 0) layers.push(layer);
    if (layer.alpha === 1) break;
  }
  return layers.reverse().reduce((below, top) => over(top, below), { red: 255, green: 255, blue: 255, alpha: 1 });
};

function faint() {
  const walker = document.createTreeWalker(modal(), NodeFilter.SHOW_TEXT);
  const found = new Set();
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !seen(node) || node.closest(".unseen, .skip, option, script, style")) continue;
    const style = getComputedStyle(node);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const measured = ratio(over(colour(style.color), behind(node)), behind(node));
    if (measured < (large ? 3 : 4.5)) found.add(`${say(node)}: ${measured.toFixed(2)}`);
  }
  for (const node of modal().querySelectorAll("input:not([type=radio]), select, textarea, .mark")) {
    if (!seen(node) || node.type === "checkbox") continue;
    const style = getComputedStyle(node);
    const measured = ratio(colour(style.borderTopColor), behind(node.parentElement));
    if (measured < 3) found.add(`the edge of ${node.name || say(node)}: ${measured.toFixed(2)}`);
  }
  return [...found];
}

// ---- names and order

function nameOf(node) {
  const named = node.getAttribute("aria-labelledby");
  if (named) return named.split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join(" ").trim();
  return (node.getAttribute("aria-label") ?? ([...(node.labels ?? [])].map((label) => label.textContent).join(" ") || node.textContent)).trim();
}

function nameless() {
  const controls = document.querySelectorAll("a, button, input, select, textarea, dialog, fieldset, nav, [role=region]");
  const wrong = [...controls].filter((node) => seen(node) && !nameOf(node)).map(say);
  const pictures = [...document.images].filter((image) => !image.hasAttribute("alt")).map((image) => image.src);
  return [...wrong, ...pictures];
}

function disorder() {
  const found = [];
  const headings = [...document.querySelectorAll("h1, h2, h3, h4")].filter(seen);
  const first = headings.filter((each) => each.tagName === "H1");
  if (first.length !== 1) found.push(`${first.length} headings of the first level`);
  const inMain = headings.filter((each) => each.closest("main"));
  inMain.forEach((each, index) => {
    if (index && Number(each.tagName[1]) > Number(inMain[index - 1].tagName[1]) + 1) found.push(`skips a level: ${say(each)}`);
  });
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  found.push(...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `twice: #${id}`));
  for (const node of document.querySelectorAll("[aria-controls], [aria-describedby], [aria-labelledby]")) {
    for (const name of ["aria-controls", "aria-describedby", "aria-labelledby"]) {
      const id = node.getAttribute(name);
      if (id && !document.getElementById(id)) found.push(`${name} of ${say(node)} leads nowhere`);
    }
  }
  if (!document.documentElement.lang) found.push("no language");
  return found;
}

function tiny() {
  return [...document.querySelectorAll("button, select, .places a, .account a, .tiles a, input")].filter(seen)
    .filter((node) => Math.min(node.getBoundingClientRect().width, node.getBoundingClientRect().height) < (node.matches("input") ? 20 : 24))
    .map(say);
}

// ---- what is wider than the window

function wide() {
  const edge = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= edge) return [];
  return [...document.querySelectorAll("body *")].filter((node) => seen(node) && node.getBoundingClientRect().right > edge + 1).map(say);
}

function focused() {
  const node = document.activeElement;
  const outline = (each) => { const style = getComputedStyle(each); return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2; };
  return {
    name: nameOf(node),
    role: node.getAttribute("role") ?? node.tagName.toLowerCase(),
    outlined: outline(node) || (node.nextElementSibling && outline(node.nextElementSibling)),
  };
}
