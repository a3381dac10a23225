// What is around every page: where one is, where one can go, as whom.

import { fill, h, icon, unique } from "./dom.js";
import { go, path } from "./router.js";
import { can, refresh, rpc, session, signOut } from "./session.js";
import { attempt, button, link, moment } from "./ui.js";

const SYMBOLS = {
  todo: "list", "address-book": "book", incidents: "alert", "app-tenant-residencies": "people",
  "app-tenant-subscriptions": "box", "site-tenant": "house", "site-residents": "lifebuoy", "site-users": "person",
  "site-license-pack": "card", "site-applications": "grid", discussions: "chat", licenses: "card", record: "clock",
};

// Pages of this application that the installed applications do not name: [module, tool, the permissions it takes].
const SUPPORT = { key: "support", name: "Support" };
const MORE = [
  ["base-admin", { key: "licenses", name: "Licenses", route: "/admin/app-tenant-licenses" }, ["p:app-admin", "p:app-admin-super"]],
  ["base-admin", { key: "record", name: "Record", route: "/admin/record" }, ["p:app-admin", "p:app-admin-super"]],
  ["support", { key: "site-tenant", name: "Tenant Support", route: "/site-admin/tenant" }, ["p:app-admin-support"]],
  ["support", { key: "site-residents", name: "Resident Support", route: "/site-admin/tenant-residents" }, ["p:app-admin-support"]],
];

export const symbolOf = (tool) => SYMBOLS[tool.key] ?? "grid";

// Modules with their tools, as the server names them for who asks, and what this application adds.
export function modules() {
  const found = session.modules.map((module) => ({ ...module, tools: [...(module.tools ?? [])] }));
  // Who supports, but does not run the site; in support mode one is in a tenant's place already.
  if (can("p:app-admin-support") && !session.claims.actual_resident_id) found.push({ ...SUPPORT, tools: [] });
  const named = new Set(found.flatMap((module) => module.tools.map((tool) => tool.route)));
  for (const [key, tool, permissions] of MORE) {
    if (!named.has(tool.route)) found.find((module) => module.key === key && can(...permissions))?.tools.push(tool);
  }
  return found.filter((module) => module.tools.length > 0);
}

export function shell() {
  const banner = h("div.banner", { role: "region", "aria-label": "Support mode", hidden: true });
  const places = h("nav.places", { id: "places", "aria-label": "Modules" });
  const where = h("div.where");
  const outlet = h("main", { id: "content", tabindex: "-1" }, h("p.loading", {}, "Loading…"));
  const menu = h("button.menu", { type: "button", "aria-expanded": "false", "aria-controls": "places", "aria-label": "Menu" }, icon("menu"));
  const node = h(
    "div.shell", {},
    h("header.top", {}, menu, h("a.brand", { href: "#/" }, h("img", { src: "icon.svg", alt: "", width: 28, height: 28 }), h("span", {}, "Tenants")), where, account()),
    banner, h("div.columns", {}, places, outlet),
  );
  menu.addEventListener("click", () => open(menu, menu.getAttribute("aria-expanded") === "false"));
  places.addEventListener("click", (event) => event.target.closest("a") && open(menu, false));
  node.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.getAttribute("aria-expanded") === "true") { open(menu, false); menu.focus(); }
  });
  const update = () => {
    open(menu, false);
    fill(where, tenants());
    fill(places, navigation());
    support(banner);
  };
  update();
  return { node, outlet, update };
}

function open(menu, shown) {
  menu.setAttribute("aria-expanded", String(shown));
  if (shown) document.querySelector("#places a")?.focus();
}

function account() {
  return h(
    "div.account", {},
    h("a", { href: "#/my-profile", title: session.email, "aria-label": `My profile: ${session.email}` }, icon("person")),
    button("", signOut, { kind: "bare", symbol: "door", label: "Sign out" }),
  );
}

function navigation() {
  const here = path();
  return modules().map((module) => {
    const id = unique("module");
    return h("section", { "aria-labelledby": id }, h("h2", { id }, module.name), h("ul", {}, module.tools.map((tool) => {
      const entry = link(tool.route, icon(symbolOf(tool)), h("span", {}, tool.name));
      if (here === tool.route) entry.setAttribute("aria-current", "page");
      else if (here.startsWith(`${tool.route}/`)) entry.setAttribute("aria-current", "true");
      return h("li", {}, entry);
    })));
  });
}

// The tenant one is in; those one could be in, to choose from.
function tenants() {
  const choices = session.residencies.filter((each) => ["active", "inactive", "supporting"].includes(each.status));
  const { tenant_name: name, resident_id: here } = session.claims;
  if (session.claims.actual_resident_id || choices.length < 2) return h("span.tenant", {}, name ?? "");
  const id = unique("tenant");
  const select = h("select", { id, "data-key": "tenant" },
    !here && h("option", { value: "", selected: true }, "Choose a tenant"),
    choices.map((each) => h("option", { value: each.id, selected: each.id === here }, each.tenant_name)));
  select.addEventListener("change", async () => {
    await attempt(() => select.value && assume(select.value));
    select.value = session.claims.resident_id ?? "";
  });
  select.addEventListener("keydown", (event) => {
    if (!/^Arrow/.test(event.key) || event.altKey || !select.showPicker) return;
    event.preventDefault(); // where arrow keys choose at once, nobody gets to the third tenant
    select.showPicker();
  });
  return [h("label.unseen", { for: id }, "Tenant"), select];
}

// Go into a tenant: then the token must be made anew, since it says where one is.
export async function assume(resident) {
  await rpc("assume_residency", { _resident_id: resident });
  await refresh();
}

function support(banner) {
  const { claims, support: mode } = session;
  banner.hidden = !claims.actual_resident_id;
  if (banner.hidden) { banner.replaceChildren(); return; }
  fill(
    banner, icon("lifebuoy"),
    h("p", {},
      h("strong", {}, `Support mode in ${claims.tenant_name}`), " ",
      mode && h("span", {}, `“${mode.reason}”, until `, moment(mode.expires_at, { timeStyle: "short" }), mode.read_only ? ". To look only." : ".")),
    button("Exit support mode", exit, { kind: "quiet" }),
  );
}

async function exit() {
  await rpc("exit_support_mode");
  await refresh();
  go("/site-admin/tenant");
}
