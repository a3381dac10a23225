// One account: what may be shown of it, and where its owner resides.

import { h } from "../../dom.js";
import { rpc } from "../../session.js";
import { badge, empty, facts, heading, link, list, moment, part, status } from "../../ui.js";

const GROUPS = [["active", "Works now in"], ["home", "At home in"], ["inactive", "May work in"], ["support", "Support in"]];

export default async function user({ parameters: { id } }) {
  const page = part(async () => {
    const { authUser: account, residencies } = await rpc("site_user_by_id", { _id: id });
    if (!account) return [heading("Nobody"), empty("There is no such account.")];
    return [
      heading(account.email ?? "Without an address"),
      facts([
        ["Account since", moment(account.created_at)], ["Address confirmed", moment(account.email_confirmed_at)],
        ["Signed in last", moment(account.last_sign_in_at)], ["Phone", account.phone || "–"],
        ["Banned until", moment(account.banned_until)],
      ]),
      GROUPS.map(([group, title]) => [title, residencies.filter((each) => kind(each) === group)])
        .filter(([, those]) => those.length > 0)
        .map(([title, those]) => h("section", {}, h("h2", {}, title), list(those.map((each) => ({
          title: each.tenant_name, detail: each.display_name, badges: [badge(each.type), status(each.status)],
        })), ""))),
    ];
  });
  await page.ready;
  return [h("p.back", {}, link("/site-admin/site-users", "Site users")), page];
}

function kind({ type, status: stands }) {
  if (type === "support") return "support";
  if (stands === "active") return "active";
  return type === "home" ? "home" : "inactive";
}
