// Everybody who has an account.

import { rpc } from "../../session.js";
import { LIMIT, firsts, heading, part, search, status } from "../../ui.js";

export default function users({ memory }) {
  const asked = (memory.asked ??= { searchTerm: "" });
  const shown = part(() => load(asked.searchTerm));
  return [
    heading("Site users", { lead: "Everybody who has an account" }),
    search("Search by name or address", asked, shown),
    shown,
  ];
}

async function load(term) {
  const found = await rpc("search_profiles", { _options: { search_term: term, paging_options: { item_limit: LIMIT + 1 } } });
  return firsts(found.map((each) => ({
    title: each.full_name ?? each.display_name ?? each.email,
    detail: each.email,
    badges: [status(each.status)],
    route: `/site-admin/site-users/${each.id}`,
  })), term ? "Nobody fits." : "Nobody has an account yet.");
}
