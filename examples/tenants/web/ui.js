// What pages are made of: buttons, fields, dialogs, lists, messages. Each is usable by keyboard and says what it is.

import { fill, h, icon, unique } from "./dom.js";
import { Refusal, sentence } from "./errors.js";
import { check } from "./session.js";

const MESSAGE_SECONDS = 8;
const TROUBLE_SECONDS = 20;

// ------------------------------------------------------------------ messages

// A sentence at the edge of the window; read aloud, gone after a while, or once `remove()` is called of what it returns.
// kind: "good", "bad" or "".
export function tell(text, kind = "", seconds = kind === "bad" ? TROUBLE_SECONDS : MESSAGE_SECONDS) {
  const box = document.querySelector("#messages");
  const close = h("button.bare", { type: "button", "aria-label": "Dismiss", onclick: () => message.remove() }, icon("close"));
  const message = h(`div.message${kind && `.${kind}`}`, {}, h("p", {}, text), close);
  for (const old of [...box.children].slice(0, -2)) old.remove();
  box.append(message);
  if (seconds < Infinity) setTimeout(() => message.remove(), seconds * 1000);
  return message;
}

// Does something that may be refused. What went wrong is told; a refusal may mean that one's claims are others now.
export async function attempt(action, done = "") {
  try {
    const result = await action();
    if (done) tell(done, "good");
    return result;
  } catch (error) {
    await explain(error);
    return undefined;
  }
}

export async function explain(error) {
  if (!(error instanceof Refusal)) console.warn(error);
  const changed = error instanceof Refusal && error.isAboutRights && (await check());
  if (!changed) tell(sentence(error), "bad");
}

// ------------------------------------------------------------------ buttons and links

// While its action runs it cannot be pressed again. `key` is where the focus returns to when the page is drawn anew.
export function button(text, action, { kind = "", symbol = "", key, label, ...more } = {}) {
  const node = h(
    `button${kind && `.${kind}`}`,
    { type: "button", "data-key": key ?? text, "aria-label": label, ...more },
    symbol && icon(symbol),
    text && h("span", {}, text),
  );
  node.addEventListener("click", async () => {
    if (node.getAttribute("aria-busy")) return;
    node.setAttribute("aria-busy", "true");
    try {
      await attempt(() => action(node));
    } finally {
      node.removeAttribute("aria-busy");
    }
  });
  return node;
}

export const link = (route, ...children) => h("a", { href: `#${route}`, "data-key": route }, ...children);

// ------------------------------------------------------------------ parts of a page

export function heading(title, { lead = "", actions = [] } = {}) {
  return h(
    "header.page",
    {},
    h("div", {}, h("h1", { tabindex: "-1" }, title), lead && h("p.lead", {}, lead)),
    actions.length > 0 && h("div.actions", {}, actions),
  );
}

export const badge = (text, kind = "") => h(`span.badge${kind && `.${kind}`}`, {}, text);

const KINDS = { active: "good", open: "good", sent: "good", complete: "good", invited: "note", pending: "note", supporting: "note" };
const WORDS = { blocked_individual: "blocked", blocked_tenant: "tenant inactive" };

export const status = (value) => {
  const word = String(value ?? "").toLowerCase();
  return badge(WORDS[word] ?? word, KINDS[word] ?? (word.startsWith("blocked") ? "bad" : ""));
};

export const empty = (text, ...more) => h("div.empty", {}, h("p", {}, text), ...more);

// Rows of which there may be more than a page takes: LIMIT + 1 were asked for.
export const LIMIT = 100;
export const firsts = (items, none) =>
  [list(items.slice(0, LIMIT), none), items.length > LIMIT && h("p.hint", {}, `These are the first ${LIMIT}. Search for the others.`)];

// Rows of a list: {title, detail, badges, actions, route}.
export function list(items, none) {
  if (items.length === 0) return empty(none);
  return h("ul.rows", {}, items.map(({ title, detail, badges = [], actions = [], route, kind = "" }) =>
    h(
      `li${kind && `.${kind}`}`,
      {},
      h("div.what", {}, route ? link(route, title) : h("strong", {}, title), detail && h("p", {}, detail)),
      badges.length > 0 && h("div.badges", {}, badges),
      actions.length > 0 && h("div.actions", {}, actions),
    )));
}

export function facts(pairs) {
  return h("dl.facts", {}, pairs.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value ?? "–"))));
}

export const moment = (value, options = { dateStyle: "medium", timeStyle: "short" }) =>
  value ? h("time", { datetime: value }, new Date(value).toLocaleString(undefined, options)) : "–";

// A part of a page that is loaded, and loaded again by `part.refresh()`; what keeps it from
// loading is told in its place. `part.ready` waits for the first time.
export function part(load) {
  const node = h("div.part", {}, h("p.loading", {}, "Loading…"));
  let last = 0;
  node.refresh = async () => {
    const serial = ++last; // an answer that is late is not shown in place of a later one's
    node.setAttribute("aria-busy", "true");
    const content = await load().catch((error) => hindrance(error, node));
    if (serial !== last) return;
    if (content !== null) fill(node, content);
    node.removeAttribute("aria-busy");
  };
  node.ready = node.refresh();
  return node;
}

async function hindrance(error, node) {
  if (error instanceof Refusal && error.isAboutRights && (await check())) return null; // the page is drawn anew
  return empty(sentence(error), button("Try again", node.refresh, { kind: "quiet", key: "again" }));
}

// ------------------------------------------------------------------ fields and dialogs

// {name, label, type, value, required, hint, options: [[value, text]]}; type: text, email, date, area, select, check.
export function field({ name, label, type = "text", value = "", hint = "", options = [], ...more }) {
  const id = unique("field");
  const hintId = hint ? `${id}-hint` : null;
  const limit = { text: 200, area: 5000 }[type];
  const common = { id, name, maxlength: limit, "data-key": `field ${name}`, "aria-describedby": hintId, ...more };
  const explained = hint && h("p.hint", { id: hintId }, hint);
  if (type === "check") {
    return h("div.field.check", {}, h("input", { ...common, type: "checkbox", checked: Boolean(value) }), h("label", { for: id }, label), explained);
  }
  return h("div.field", {}, h("label", { for: id }, label), control(type, common, value, options), explained);
}

function control(type, common, value, options) {
  if (type === "area") return h("textarea", { rows: 4, ...common }, value);
  if (type !== "select") return h("input", { ...common, type, value: value ?? "" });
  return h("select", common, options.map(([key, text]) => h("option", { value: key, selected: key === value }, text)));
}

export function values(form) {
  const found = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value).trim()]));
  for (const box of form.querySelectorAll("input[type=checkbox]")) found[box.name] = box.checked;
  return found;
}

// A form that stays as it is where it is refused, and says why. `send(values)` may throw.
export function form(fields, { submit, send, more = [], kind = "" }) {
  const trouble = h("p.trouble", { role: "alert" });
  const go = h("button.primary", { type: "submit", "data-key": submit }, submit);
  const node = h(`form${kind && `.${kind}`}`, {}, fields, trouble, h("div.actions", {}, more, go));
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (go.getAttribute("aria-busy")) return;
    go.setAttribute("aria-busy", "true");
    trouble.textContent = "";
    try {
      await send(values(node), node);
    } catch (error) {
      const changed = error instanceof Refusal && error.isAboutRights && (await check());
      if (!changed) trouble.textContent = sentence(error);
    } finally {
      go.removeAttribute("aria-busy");
    }
  });
  return node;
}

// A question in a window of its own: the browser keeps the focus in it, and Escape closes it. True where it was sent.
export function dialog({ title, text = "", fields = [], submit, send, danger = false }) {
  const id = unique("dialog");
  return new Promise((resolve) => {
    let sent = false;
    const cancel = h("button.quiet", { type: "button", onclick: () => node.close() }, "Cancel");
    const content = form(fields.map(field), {
      submit,
      more: [cancel],
      kind: danger ? "danger" : "",
      send: async (given) => { await send(given); sent = true; node.close(); },
    });
    const about = text && unique("dialog");
    const node = h("dialog", { "aria-labelledby": id, "aria-describedby": about || null }, h("h2", { id }, title), text && h("p", { id: about }, text), content);
    node.addEventListener("close", () => { node.remove(); resolve(sent); });
    document.body.append(node);
    node.showModal();
    (content.querySelector("input, textarea, select") ?? cancel).focus();
  });
}

// Searching as one types, with a pause, in a part that shows what is found. `asked.searchTerm` is what is searched for.
export function search(label, asked, shown) {
  const id = unique("search");
  const told = h("p.unseen", { role: "status" });
  let pause = null;
  const find = async () => {
    asked.searchTerm = input.value.trim();
    await shown.refresh();
    const count = shown.querySelectorAll(".rows > li").length;
    told.textContent = count ? `${count} found` : shown.textContent;
  };
  const input = h("input", { id, type: "search", value: asked.searchTerm, placeholder: label, "data-key": "search", autocomplete: "off" });
  input.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(find, 250);
  });
  return h("div.search", {}, h("label.unseen", { for: id }, label), input, told);
}

// Exactly one of these is chosen: a set of radio buttons in a row. While one is being acted on there is no other choice.
export function choice(label, options, chosen, onchoose) {
  const name = unique("choice");
  const set = h("fieldset.choice", {}, h("legend.unseen", {}, label), options.map(([value, text]) => {
    const id = unique("choice");
    const input = h("input", { id, name, type: "radio", value, checked: value === chosen, "data-key": `${label} ${value}` });
    return h("div", {}, input, h("label", { for: id }, text));
  }));
  const guard = (event) => set.hasAttribute("aria-busy") && event.key !== "Tab" && event.preventDefault();
  for (const kind of ["click", "keydown"]) set.addEventListener(kind, guard);
  set.addEventListener("change", async (event) => {
    set.setAttribute("aria-busy", "true");
    try {
      await onchoose(event.target.value);
    } finally {
      set.removeAttribute("aria-busy");
    }
  });
  return set;
}
