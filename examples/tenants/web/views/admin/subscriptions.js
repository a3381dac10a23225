// What the tenant is subscribed to, and how many licences of it are given out.

import { h } from "../../dom.js";
import { from, rows, session } from "../../session.js";
import { badge, empty, heading, part, status } from "../../ui.js";

const SUBSCRIPTIONS = `id, status, license(license_type_key, status),
  license_pack(display_name, description, license_pack_license_type(number_of_licenses, expiration_interval_type,
    expiration_interval_multiplier, license_type(key, display_name, assignment_scope, license_type_permission(permission_key))))`;

export default function subscriptions() {
  return [
    heading("App subscriptions", { lead: `What ${session.claims.tenant_name} has` }),
    part(async () => {
      const found = await rows(from("app", "tenant_subscription").select(SUBSCRIPTIONS).eq("tenant_id", session.claims.tenant_id).order("created_at"));
      if (found.length === 0) return empty("The tenant is subscribed to nothing.");
      return found.map(pack);
    }),
  ];
}

function pack({ status: stands, license_pack: offered, license: issued }) {
  return h("section.card", {},
    h("h2", {}, offered.display_name, " ", status(stands)),
    offered.description && h("p.lead", {}, offered.description),
    types(offered.license_pack_license_type, issued));
}

// What a pack offers, for tenants and for the site alike.
export function types(offers, issued = null) {
  const count = (key) => issued.filter((license) => license.license_type_key === key && license.status === "active").length;
  return h("ul.rows", {}, offers.map(({ license_type: type, number_of_licenses: seats, ...offer }) => h("li", {},
    h("div.what", {}, h("strong", {}, type.display_name),
      h("p.keys", {}, keys(type))),
    h("div.badges", {},
      badge(type.assignment_scope),
      offer.expiration_interval_type !== "none" && badge(interval(offer), "note"),
      badge(issued ? `${count(type.key)} of ${seats > 0 ? seats : "any number"}` : seats > 0 ? `${seats} seats` : "any number")))));
}

export const keys = (type) => type.license_type_permission.map(({ permission_key: key }) => key).sort().map((key) => h("code", {}, key));

const interval = ({ expiration_interval_type: kind, expiration_interval_multiplier: times }) =>
  kind === "explicit" ? "ends on a day" : `for ${times} ${kind}${times === 1 ? "" : "s"}`;
