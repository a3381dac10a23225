// Every licence of the tenant: whose, of what, until when.

import { h } from "../../dom.js";
import { from, rows, session } from "../../session.js";
import { heading, list, moment, part, search, status } from "../../ui.js";

const LICENSES = "id, status, expires_at, resident(id, email, display_name), license_type(display_name)";

export default function licenses({ memory }) {
  const asked = (memory.asked ??= { searchTerm: "" });
  const shown = part(() => load(asked.searchTerm.toLowerCase()));
  return [
    heading("Licenses", { lead: `Who may do what in ${session.claims.tenant_name}` }),
    search("Search by person or licence", asked, shown),
    shown,
  ];
}

async function load(term) {
  const found = await rows(from("app", "license").select(LICENSES).eq("tenant_id", session.claims.tenant_id).order("created_at"));
  const wanted = found.filter(({ resident, license_type: type }) =>
    `${resident?.email} ${resident?.display_name} ${type.display_name}`.toLowerCase().includes(term));
  return list(wanted.map((license) => ({
    title: license.resident?.display_name ?? license.resident?.email ?? "Support",
    detail: h("span", {}, license.license_type.display_name, license.expires_at && [", until ", moment(license.expires_at, { dateStyle: "medium" })]),
    badges: [status(license.status)],
    route: license.resident && `/admin/app-tenant-residencies/${license.resident.id}`,
  })), term ? "Nothing fits." : "No licence has been granted yet.");
}
