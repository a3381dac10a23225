// One tenant: active or not, and its subscriptions.

import { h } from "../../dom.js";
import { from, rows, rpc } from "../../session.js";
import { badge, button, dialog, empty, facts, heading, link, list, moment, part, status, tell } from "../../ui.js";
import { supportButton } from "./support.js";

const TENANT = `id, name, identifier, type, status, created_at, resident(count),
  tenant_subscription(id, status, license_pack_key, created_at, license_pack(display_name))`;

export default async function tenant({ parameters: { id } }) {
  const page = part(async () => {
    const [[one], packs] = await Promise.all([
      rows(from("app", "tenant").select(TENANT).eq("id", id)),
      rows(from("app", "license_pack").select("key, display_name").neq("key", "anchor").order("display_name")),
    ]);
    if (!one) return [heading("No tenant"), empty("There is no such tenant.")];
    const free = packs.filter((pack) => !one.tenant_subscription.some((each) => each.license_pack_key === pack.key));
    return [
      heading(one.name, { lead: one.identifier ?? "", actions: standing(one, page) }),
      facts([["Status", status(one.status)], ["Kind", one.type], ["Residents", one.resident[0]?.count], ["Since", moment(one.created_at, { dateStyle: "long" })]]),
      h("section.card", {},
        h("header.section", {}, h("h2", {}, "Subscriptions"),
          one.type !== "anchor" && free.length > 0 && button("Subscribe", () => subscribe(one, free, page), { symbol: "plus" })),
        subscriptions(one, page)),
    ];
  });
  await page.ready;
  return [h("p.back", {}, link("/site-admin/tenant", "Tenants")), page];
}

function standing(one, page) {
  if (one.type === "anchor") return [badge("runs the site", "note")];
  if (one.status !== "active") return [button("Activate", () => act("activate_tenant", { _tenant_id: one.id }, `${one.name} is active again.`, page), { kind: "primary" })];
  const stop = button("Deactivate", async () => {
    const sure = await dialog({
      title: `Deactivate ${one.name}?`,
      text: "Everybody who works there is out at once, and can come back when it is active again.",
      submit: "Deactivate",
      danger: true,
      send: () => rpc("deactivate_tenant", { _tenant_id: one.id }),
    });
    if (sure) { tell(`${one.name} is not active any more.`, "good"); await page.refresh(); }
  }, { kind: "danger" });
  return [supportButton(one), stop];
}

async function act(name, parameters, done, page) {
  await rpc(name, parameters);
  tell(done, "good");
  await page.refresh();
}

function subscriptions(one, page) {
  return list(one.tenant_subscription.map((each) => {
    const active = each.status === "active";
    const [name, word, done] = active
      ? ["deactivate_tenant_subscription", "Deactivate", "is paused, and its licences with it"]
      : ["reactivate_tenant_subscription", "Reactivate", "is active again, and its licences too"];
    const pack = each.license_pack.display_name;
    return {
      title: pack,
      detail: h("span", {}, "Since ", moment(each.created_at, { dateStyle: "medium" })),
      badges: [status(each.status)],
      actions: [button(word, () => act(name, { _tenant_subscription_id: each.id }, `${pack} ${done}.`, page), { kind: "quiet", label: `${word} ${pack}`, key: `subscription ${each.id}` })],
    };
  }), "Subscribed to nothing.");
}

async function subscribe(one, free, page) {
  const sent = await dialog({
    title: `Subscribe ${one.name}`,
    fields: [{ name: "pack", label: "Pack", type: "select", options: free.map((pack) => [pack.key, pack.display_name]), value: free[0].key }],
    submit: "Subscribe",
    send: ({ pack }) => rpc("subscribe_tenant_to_license_pack", { _tenant_id: one.id, _license_pack_key: pack }),
  });
  if (!sent) return;
  tell("The tenant is subscribed. Everybody has the licences that fit his standing.", "good");
  await page.refresh();
}
