// What tenants can subscribe to.

import { h } from "../../dom.js";
import { from, rows } from "../../session.js";
import { badge, heading, part } from "../../ui.js";
import { types } from "../admin/subscriptions.js";

const PACKS = `key, display_name, description, auto_subscribe, tenant_subscription(count),
  license_pack_license_type(number_of_licenses, expiration_interval_type, expiration_interval_multiplier,
    license_type(key, display_name, assignment_scope, license_type_permission(permission_key)))`;

export default function packs() {
  return [heading("License packs", { lead: "What tenants can subscribe to" }), part(async () => {
    const found = await rows(from("app", "license_pack").select(PACKS).order("display_name"));
    return found.map((pack) => h("section.card", {},
      h("h2", {}, pack.display_name, " ", pack.auto_subscribe && badge("for every tenant", "good"), " ", badge(`${pack.tenant_subscription[0]?.count ?? 0} subscribed`)),
      pack.description && h("p.lead", {}, pack.description),
      types(pack.license_pack_license_type)));
  })];
}
