// Everybody who has an account.

import { rpc } from "../../session.js";
import { heading, list, part, search, status } from "../../ui.js";

export default function users() {
  let term = "";
  const shown = part(() => load(term));
  return [
    heading("Site users", { lead: "Everybody who has an account" }),
    search("Search by name or address", (given) => { term = given; shown.refresh(); }),
    shown,
  ];
}

async function load(term) {
  const found = await rpc("search_profiles", { _options: { search_term: term } });
  return list(found.map((each) => ({
    title: each.full_name ?? each.display_name ?? each.email,
    detail: each.email,
    badges: [status(each.status)],
    route: `/site-admin/site-users/${each.id}`,
  })), term ? "Nobody fits." : "Nobody has an account yet.");
}
