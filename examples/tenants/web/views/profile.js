// Oneself: residencies, one's name, and what the token says.

import { h } from "../dom.js";
import { check, refresh, rpc, session } from "../session.js";
import { assume } from "../shell.js";
import { attempt, button, dialog, empty, field, form, heading, list, part, status, tell } from "../ui.js";
import { show } from "../router.js";

export default function profile() {
  const { provider: _, providers: __, ...claims } = session.claims; // those are the auth server's
  return [
    heading("My profile", { lead: session.email }),
    h("section.card", {}, h("h2", {}, "Where I can work"), residencies(session.residencies)),
    h("section.card", {}, h("h2", {}, "About me"), part(async () => about(await rpc("get_myself")))),
    h("section.card", {}, h("h2", {}, "What my token says"),
      h("p", {}, "These claims are the server's. Each licence becomes a permission here, and each permission a row that policies let through."),
      h("pre", { tabindex: "0", "aria-label": "Claims" }, JSON.stringify(claims, null, 2))),
  ];
}

// Places to work, to accept and to decline. In support mode one is where one is.
export function residencies(those) {
  const fixed = Boolean(session.claims.actual_resident_id);
  return list(those.map((each) => ({
    title: each.tenant_name,
    detail: [each.type === "home" ? "At home" : "Guest", each.invited_by_display_name && `invited by ${each.invited_by_display_name}`].filter(Boolean).join(", "),
    badges: [status(each.status)],
    actions: fixed ? [] : actions(each),
  })), "Nobody has invited you to a tenant yet.");
}

function actions(each) {
  const where = each.tenant_name;
  const decline = button("Decline", () => leave(each), { kind: "quiet", label: `Decline ${where}`, key: `decline ${each.id}` });
  const work = (text) => button(text, () => assume(each.id), { kind: "primary", label: `${text}: ${where}`, key: `work ${each.id}` });
  if (each.status === "invited") return [decline, work("Accept")];
  if (each.status === "inactive") return [decline, work("Work here")];
  return [];
}

async function leave(each) {
  const sure = await dialog({
    title: `Decline ${each.tenant_name}?`,
    text: "Your licences there are given back. An admin can invite you again.",
    submit: "Decline",
    danger: true,
    send: () => rpc("decline_residency", { _resident_id: each.id }),
  });
  if (!sure) return;
  tell(`You have declined ${each.tenant_name}.`);
  if (!(await check())) { await refresh(); session.residencies = await rpc("my_profile_residencies"); show(); }
}

function about(me) {
  if (!me) return empty("There is no profile yet.");
  const fields = [
    { name: "display_name", label: "Name that others see", value: me.display_name, required: true, autocomplete: "nickname" },
    { name: "first_name", label: "First name", value: me.first_name, autocomplete: "given-name" },
    { name: "last_name", label: "Last name", value: me.last_name, autocomplete: "family-name" },
    { name: "phone", label: "Phone", type: "tel", value: me.phone, autocomplete: "tel" },
  ];
  return form(fields.map(field), {
    submit: "Save",
    kind: "grid",
    send: async (given) => {
      await rpc("update_profile", Object.fromEntries(Object.entries(given).map(([name, value]) => [`_${name}`, value || null])));
      tell("Saved.", "good");
      await attempt(() => check());
    },
  });
}
