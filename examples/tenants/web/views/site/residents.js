// People of every tenant but the site's own.

import { rpc } from "../../session.js";
import { LIMIT, firsts, heading, part, search, status } from "../../ui.js";
import { supportButton } from "./support.js";

export default function residents({ memory }) {
  const asked = (memory.asked ??= { searchTerm: "" });
  const shown = part(() => load(asked.searchTerm));
  return [
    heading("Resident support", { lead: "Who works where" }),
    search("Search by person or tenant", asked, shown),
    shown,
  ];
}

async function load(term) {
  const found = await rpc("search_residents", { _options: { search_term: term, paging_options: { item_limit: LIMIT + 1 } } });
  return firsts(found.map((each) => ({
    title: each.display_name ?? each.email,
    detail: `${each.email}, ${each.tenant_name}`,
    badges: [status(each.status)],
    actions: [supportButton({ id: each.tenant_id, name: each.tenant_name })],
  })), term ? "Nobody fits." : "Nobody works anywhere yet.");
}
