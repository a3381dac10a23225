// All tenants of the site: found, made, supported.

import { can, rpc } from "../../session.js";
import { LIMIT, attempt, badge, button, dialog, firsts, heading, part, search, status, tell } from "../../ui.js";
import { supportButton } from "./support.js";

const TYPES = [["customer", "Customer"], ["demo", "Demo"], ["test", "Test"], ["trial", "Trial"]];

export default function tenants({ memory }) {
  const asked = (memory.asked ??= { searchTerm: "" });
  const shown = part(() => load(asked.searchTerm));
  const make = button("New tenant", () => create(shown), { kind: "primary", symbol: "plus" });
  return [
    heading("Tenants", { lead: "Everybody who uses this site", actions: can("p:app-admin-super") ? [make] : [] }),
    search("Search by name or identifier", asked, shown),
    shown,
  ];
}

async function load(term) {
  const found = await rpc("search_tenants", { _options: { search_term: term, paging_options: { item_limit: LIMIT + 1 } } });
  return firsts(found.map((tenant) => ({
    title: tenant.name,
    detail: tenant.identifier ?? "",
    badges: [badge(tenant.type), status(tenant.status)],
    actions: tenant.status === "active" ? [supportButton({ id: tenant.id, name: tenant.name })] : [],
    route: can("p:app-admin-super") && `/site-admin/tenant/${tenant.id}`,
  })), term ? "No tenant fits." : "There is no tenant yet. Make the first one.");
}

async function create(shown) {
  let name = "";
  const sent = await dialog({
    title: "New tenant",
    text: "It gets every pack that is for all, and its first admin an invitation.",
    fields: [
      { name: "name", label: "Name", required: true },
      { name: "identifier", label: "Identifier", hint: "A short word for programs; may be left out" },
      { name: "email", label: "Address of its first admin", type: "email", required: true },
      { name: "type", label: "Kind", type: "select", options: TYPES, value: "customer" },
    ],
    submit: "Create",
    send: async (given) => {
      name = given.name;
      await rpc("create_tenant", { _name: given.name, _identifier: given.identifier || null, _email: given.email, _type: given.type });
    },
  });
  if (!sent) return;
  tell(`${name} is there.`, "good");
  await attempt(() => shown.refresh());
}
