// The people of the tenant one is in.

import { rpc, session } from "../../session.js";
import { attempt, button, dialog, heading, list, part, status, tell } from "../../ui.js";
import { invite } from "./invite.js";

const SCOPES = [["user", "User"], ["admin", "Admin"]];

export default function residents() {
  const shown = part(load);
  return [
    heading("App users", {
      lead: `Who works in ${session.claims.tenant_name}`,
      actions: [button("Invite", () => ask(shown), { kind: "primary", symbol: "plus" })],
    }),
    shown,
  ];
}

async function load() {
  const found = await rpc("tenant_profile_residencies");
  return list(found.map((each) => ({
    title: each.display_name ?? each.email,
    detail: `${each.email}${each.type === "guest" ? ", a guest" : ""}`,
    badges: [status(each.status)],
    route: `/admin/app-tenant-residencies/${each.id}`,
  })), "Nobody is here yet. Invite somebody.");
}

async function ask(shown) {
  let words = "";
  const sent = await dialog({
    title: "Invite somebody",
    text: "Who signs in with this address finds the invitation, and can accept or decline it.",
    fields: [
      { name: "email", label: "E-mail address", type: "email", required: true },
      { name: "scope", label: "Comes as", type: "select", options: SCOPES, value: "user" },
    ],
    submit: "Invite",
    send: async ({ email, scope }) => {
      const { mailed } = await invite(email, scope);
      words = mailed ? `${email} is invited, and a mail is on its way.` : `${email} is invited, but no mail could be sent.`;
    },
  });
  if (!sent) return;
  tell(words, "good");
  await attempt(() => shown.refresh());
}
