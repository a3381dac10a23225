// What was done to the tenant: support that came in, and the record of changes. Nobody who comes through the API alters it.

import { h } from "../../dom.js";
import { rpc, session } from "../../session.js";
import { badge, heading, list, moment, part } from "../../ui.js";

export default function record() {
  return [
    heading("Record", { lead: `What was done in ${session.claims.tenant_name}, and by support` }),
    h("section", {}, h("h2", {}, "Support"), part(support)),
    h("section", {}, h("h2", {}, "Changes"), part(changes)),
  ];
}

async function support() {
  const found = await rpc("tenant_support_sessions");
  return list(found.map((each) => ({
    title: each.reason,
    detail: h("span", {}, "From ", moment(each.started_at), " to ", moment(each.ended_at ?? each.expires_at)),
    badges: [each.read_only && badge("to look only"), badge(each.ended_at ? "ended" : "now", each.ended_at ? "" : "note")].filter(Boolean),
  })), "Nobody of support has been here.");
}

async function changes() {
  const [found, people] = await Promise.all([
    rpc("tenant_audit_events", { _paging_options: { item_limit: 50 } }), rpc("tenant_profile_residencies"),
  ]);
  const name = (key, id) => people.find((each) => each[key] === id)?.display_name;
  return list(found.map(({ action, occurred_at: at, actor_profile_id: actor, subject }) => ({
    title: `${action.charAt(0).toUpperCase()}${action.slice(1)}`,
    detail: h("span", {}, moment(at), actor && ` · by ${name("profile_id", actor) ?? "the site"}`, told(subject, name("id", subject.resident))),
  })), "Nothing has been changed yet.");
}

// The parts of it that say something to people.
const told = (subject, who) =>
  [who, ...["email", "license_type", "license_pack", "reason", "scope"].map((key) => subject[key])]
    .filter(Boolean).map((each) => ` · ${each}`).join("");
