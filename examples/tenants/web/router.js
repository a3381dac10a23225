// Which page is shown: what stands behind the `#` of the address.

import { h, keep, nodes } from "./dom.js";
import { sentence } from "./errors.js";
import { button } from "./ui.js";

const state = { routes: [], outlet: null, drawn: () => {}, serial: 0, leave: [], memory: {} };
const memories = new Map(); // what was left on a page, by its entry in the history

// `routes`: [pattern, load, permissions]; a pattern's `:id` is a UUID. `drawn(title)` is called after each page.
export function start(routes, drawn) {
  Object.assign(state, { routes: routes.map(([pattern, ...rest]) => [expression(pattern), ...rest]), drawn });
  history.scrollRestoration = "manual";
  addEventListener("hashchange", () => isPage() && show({ focus: true }));
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("a")?.getAttribute("href") === location.hash) show({ focus: true }); // here already: anew
  });
}

export const setOutlet = (node) => { state.outlet = node; };
export const path = () => (location.hash.startsWith("#/") ? location.hash.slice(1) : "/");
const isPage = () => location.hash === "" || location.hash.startsWith("#/");

export function go(route) {
  if (path() === route) show({ focus: true });
  else location.hash = route;
}

// Draw the page of the address; a page that takes longer than the next one is never seen.
// Who comes to a page begins at its top, or where it was left; who is on it already stays where he is.
export async function show({ focus = false, allowed = state.allowed ?? (() => true) } = {}) {
  state.allowed = allowed;
  const serial = ++state.serial;
  const { outlet } = state;
  leave();
  const memory = remembered();
  const [load, parameters] = find(path(), allowed);
  if (focus || load === closed) for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  outlet.setAttribute("aria-busy", "true");
  const content = await draw(load, { parameters, memory, onLeave: (act) => (serial === state.serial ? state.leave.push(act) : act()) });
  if (serial !== state.serial) return;
  const putBack = keep(outlet);
  outlet.replaceChildren(...nodes([content]));
  outlet.removeAttribute("aria-busy");
  state.memory = memory;
  state.drawn(outlet.querySelector("h1")?.textContent ?? "");
  if (!focus) return settled(serial, putBack);
  scrollTo(0, 0);
  outlet.querySelector("h1")?.focus({ preventScroll: true });
  if (memory.left) settled(serial, () => come(outlet, memory));
}

async function draw(load, given) {
  try {
    const { default: view } = await load();
    return await view(given);
  } catch (error) {
    console.warn(error);
    return h("div.empty", {}, h("h1", { tabindex: "-1" }, "That did not work"), h("p", {}, sentence(error)),
      button("Try again", () => show({ focus: true }), { key: "again" }));
  }
}

// Once the parts of the page are there, unless it is another page by then.
async function settled(serial, act) {
  await Promise.all([...state.outlet.querySelectorAll(".part")].map((part) => part.ready));
  if (serial === state.serial) act();
}

export function leave() {
  for (const act of state.leave.splice(0)) act();
  Object.assign(state.memory, { left: true, scroll: scrollY, key: document.activeElement?.dataset.key });
}

// What a view was told to remember when it was drawn for this entry of the history.
function remembered() {
  if (!history.state?.page) history.replaceState({ page: `${Date.now()} ${Math.random()}` }, "");
  const { page } = history.state;
  if (!memories.has(page)) memories.set(page, {});
  return memories.get(page);
}

// Back where one was, unless one is somewhere else by now.
function come(outlet, { scroll, key }) {
  if (document.activeElement !== outlet.querySelector("h1")) return;
  scrollTo(0, scroll);
  if (key) outlet.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

function find(route, allowed) {
  for (const [pattern, load, permissions = []] of state.routes) {
    const found = pattern.exec(route);
    if (found && (permissions.length === 0 || allowed(...permissions))) return [load, found.groups ?? {}];
    if (found) return [closed, {}];
  }
  return [missing, {}];
}

function expression(pattern) {
  return new RegExp(`^${pattern.replace(":id", "(?<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")}$`, "i");
}

const page = (title, text) => async () => ({
  default: () => h("div.empty", {}, h("h1", { tabindex: "-1" }, title), h("p", {}, text), h("p", {}, h("a", { href: "#/" }, "To the start"))),
});
const closed = page("This is not for you", "You have no licence for this page here. An admin of your tenant can give you one.");
const missing = page("There is no such page", "The address leads nowhere in this application.");
