// One person of the tenant: blocked or not, and his licences by subscription.

import { h } from "../../dom.js";
import { can, from, rows, rpc, session } from "../../session.js";
import { attempt, badge, button, choice, dialog, empty, facts, heading, link, moment, part, status, tell } from "../../ui.js";

const EXCLUSIVE = ["user", "admin", "support", "superadmin"];
const PACKS = `id, status, license_pack_key, license_pack(display_name, license_pack_license_type(number_of_licenses,
  expiration_interval_type, license_type(key, display_name, application_key, assignment_scope)))`;

export default async function resident({ parameters: { id } }) {
  const back = h("p.back", {}, link("/admin/app-tenant-residencies", "App users"));
  const page = part(async () => {
    const [one] = await rows(from("app", "resident").select().eq("id", id).eq("tenant_id", session.claims.tenant_id));
    if (!one) return [heading("Nobody"), empty("This person is not of your tenant.")];
    return [
      heading(one.display_name ?? one.email, { lead: one.email, actions: [blocking(one, page)] }),
      facts([["Status", status(one.status)], ["Residency", one.type === "home" ? "at home here" : "a guest"], ["Since", moment(one.created_at, { dateStyle: "long" })]]),
      await licenses(one, page),
    ];
  });
  await page.ready;
  return [back, page];
}

function blocking(one, page) {
  if (one.id === session.claims.resident_id) return badge("This is you", "note");
  const blocked = one.status === "blocked_individual";
  if (blocked) return button("Unblock", () => change("unblock_resident", one, page, "can come in again"), { kind: "primary" });
  return button("Block", async () => {
    const sure = await dialog({
      title: `Block ${one.display_name ?? one.email}?`,
      text: "Whatever this person does next in this tenant is refused, until somebody unblocks him.",
      submit: "Block",
      danger: true,
      send: () => rpc("block_resident", { _resident_id: one.id }),
    });
    if (sure) { tell(`${one.display_name ?? one.email} is blocked.`, "good"); await page.refresh(); }
  }, { kind: "danger" });
}

async function change(name, one, page, done) {
  await rpc(name, { _resident_id: one.id });
  tell(`${one.display_name ?? one.email} ${done}.`, "good");
  await page.refresh();
}

async function licenses(one, page) {
  const tenant = session.claims.tenant_id;
  const [subscriptions, held] = await Promise.all([
    rows(from("app", "tenant_subscription").select(PACKS).eq("tenant_id", tenant).order("created_at")),
    rows(from("app", "license").select("id, license_type_key, status, expires_at").eq("resident_id", one.id)),
  ]);
  const mine = new Map(held.map((license) => [license.license_type_key, license]));
  if (subscriptions.length === 0) return empty("The tenant is subscribed to nothing.");
  return subscriptions.map((subscription) => h("section.card", {},
    h("h2", {}, subscription.license_pack.display_name, " ", status(subscription.status)),
    offers(subscription, mine, one, page)));
}

// Licences that exclude each other are a choice, one for each application; the others are given one by one.
function offers(subscription, mine, one, page) {
  const all = subscription.license_pack.license_pack_license_type.map((offer) => ({ ...offer, ...offer.license_type }));
  const scoped = all.filter((offer) => EXCLUSIVE.includes(offer.assignment_scope))
    .sort((a, b) => EXCLUSIVE.indexOf(a.assignment_scope) - EXCLUSIVE.indexOf(b.assignment_scope));
  const single = all.filter((offer) => !EXCLUSIVE.includes(offer.assignment_scope));
  const fixed = subscription.status !== "active" || one.status === "declined";
  return [
    ...[...Map.groupBy(scoped, (offer) => offer.application_key)].map(([application, types]) =>
      standing(application, types, mine, one, page, fixed || one.id === session.claims.resident_id)),
    ...single.map((offer) => alone(offer, mine, one, page, fixed)),
  ];
}

function standing(application, types, mine, one, page, fixed) {
  const held = types.find((type) => mine.has(type.key));
  const allowed = types.filter((type) => type === held || type.assignment_scope !== "superadmin" || can("p:app-admin-super"));
  const set = choice(`Licence of ${application}`, [["", "None"], ...allowed.map((type) => [type.key, type.display_name])], held?.key ?? "",
    (key) => attempt(() => (key ? grant(types.find((type) => type.key === key), one) : revoke(mine.get(held.key)))).then(page.refresh));
  if (fixed) for (const input of set.querySelectorAll("input")) input.disabled = true;
  const note = one.id === session.claims.resident_id && h("p.hint", {}, "Nobody changes his own standing.");
  return h("div.license", {}, set, ends(held && mine.get(held.key)), note);
}

function alone(offer, mine, one, page, fixed) {
  const license = mine.get(offer.key);
  const input = h("input", {
    id: `license-${offer.key}`, type: "checkbox", checked: Boolean(license), disabled: fixed, "data-key": `license ${offer.key}`,
    onchange: () => attempt(() => (license ? revoke(license) : grant(offer, one))).then(() => page.refresh()),
  });
  return h("div.license.field.check", {}, input, h("label", { for: input.id }, offer.display_name), ends(license));
}

const ends = (license) =>
  license && [license.status !== "active" && status(license.status), license.expires_at && h("span.hint", {}, "until ", moment(license.expires_at, { dateStyle: "medium" }))];

async function grant(offer, one) {
  const give = (until) => rpc("grant_user_license", { _resident_id: one.id, _license_type_key: offer.key, _expires_at: until });
  if (offer.expiration_interval_type !== "explicit") await give(null);
  else if (!(await dialog({
    title: offer.display_name,
    fields: [{ name: "until", label: "Ends on", type: "date", required: true }],
    submit: "Grant",
    send: ({ until }) => give(`${until}T23:59:59Z`),
  }))) return;
  tell(`${offer.display_name} is granted.`, "good");
}

async function revoke(license) {
  await rpc("revoke_user_license", { _license_id: license.id });
  tell("The licence is revoked.", "good");
}
