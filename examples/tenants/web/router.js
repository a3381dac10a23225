// Which page is shown: what stands behind the `#` of the address.

import { h, nodes } from "./dom.js";
import { sentence } from "./errors.js";

const state = { routes: [], outlet: null, drawn: () => {}, serial: 0, leave: [] };

// `routes`: [pattern, load, permissions]; a pattern's `:name` is any one word. `drawn(title)` is called after each page.
export function start(routes, drawn) {
  Object.assign(state, { routes: routes.map(([pattern, ...rest]) => [expression(pattern), ...rest]), drawn });
  addEventListener("hashchange", () => isPage() && show({ focus: true }));
}

export const setOutlet = (node) => { state.outlet = node; };
export const path = () => (location.hash.startsWith("#/") ? location.hash.slice(1) : "/");
const isPage = () => location.hash === "" || location.hash.startsWith("#/");

export function go(route) {
  if (path() === route) show({ focus: true });
  else location.hash = route;
}

// Draw the page of the address; a page that takes longer than the next one is never seen.
export async function show({ focus = false, allowed = state.allowed ?? (() => true) } = {}) {
  state.allowed = allowed;
  const serial = ++state.serial;
  leave();
  const [load, parameters] = find(path(), allowed);
  let content;
  try {
    const { default: view } = await load();
    content = await view({ parameters, onLeave: (act) => (serial === state.serial ? state.leave.push(act) : act()) });
  } catch (error) {
    console.warn(error);
    content = h("div.empty", {}, h("h1", { tabindex: "-1" }, "That did not work"), h("p", {}, sentence(error)));
  }
  if (serial !== state.serial) return;
  state.outlet.replaceChildren(...nodes([content]));
  state.drawn(state.outlet.querySelector("h1")?.textContent ?? "");
  if (focus) {
    scrollTo(0, 0);
    state.outlet.querySelector("h1")?.focus();
  }
}

export function leave() {
  for (const act of state.leave.splice(0)) act();
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
  return new RegExp(`^${pattern.replaceAll("/", "\\/").replace(/:(\w+)/g, "(?<$1>[^/]+)")}$`);
}

const page = (title, text) => async () => ({
  default: () => h("div.empty", {}, h("h1", { tabindex: "-1" }, title), h("p", {}, text), h("p", {}, h("a", { href: "#/" }, "To the start"))),
});
const closed = page("This is not for you", "You have no licence for this page here. An admin of your tenant can give you one.");
const missing = page("There is no such page", "The address leads nowhere in this application.");
