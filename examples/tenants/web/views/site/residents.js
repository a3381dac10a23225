// People of every tenant but the site's own.

import { rpc } from "../../session.js";
import { heading, list, part, search, status } from "../../ui.js";
import { supportButton } from "./support.js";

export default function residents() {
  let term = "";
  const shown = part(() => load(term));
  return [
    heading("Resident support", { lead: "Who works where" }),
    search("Search by person or tenant", (given) => { term = given; shown.refresh(); }),
    shown,
  ];
}

async function load(term) {
  const found = await rpc("search_residents", { _options: { search_term: term } });
  return list(found.map((each) => ({
    title: each.display_name ?? each.email,
    detail: `${each.email}, ${each.tenant_name}`,
    badges: [status(each.status)],
    actions: [supportButton({ id: each.tenant_id, name: each.tenant_name })],
  })), term ? "Nobody fits." : "Nobody works anywhere yet.");
}
