// Who is in the address book sees who is in it.

import { h } from "../../dom.js";
import { ask } from "../../graphql.js";
import { session } from "../../session.js";
import { badge, button, empty, heading, list, part, tell } from "../../ui.js";
import { invite } from "../admin/invite.js";

const BOOK = "query Book { getAbListingsList { profileId email phone fullName displayName canInvite } }";
const JOIN = "mutation Join { joinAddressBook(input: {}) { profile { id } } }";
const LEAVE = "mutation Leave { leaveAddressBook(input: {}) { profile { id } } }";

export default function addressBook() {
  const shown = part(async () => {
    const { getAbListingsList: entries } = await ask(BOOK);
    const inIt = entries.some((each) => each.profileId === session.claims.profile_id);
    return inIt ? [book(entries, shown), h("p.hint", {}, "Everybody in the address book sees your name, address and phone, in every tenant. "), leave(shown)] : outside(shown);
  });
  return [heading("Address book", { lead: "Who can be reached" }), shown];
}

function outside(shown) {
  return empty("You see who is in the address book once you are in it yourself.", button("Join", async () => {
    await ask(JOIN);
    tell("You are in the address book.", "good");
    await shown.refresh();
  }, { kind: "primary" }));
}

const leave = (shown) => button("Leave the address book", async () => { await ask(LEAVE); await shown.refresh(); }, { kind: "quiet" });

function book(entries, shown) {
  return list(entries.map((each) => ({
    title: each.fullName ?? each.displayName,
    detail: [each.email, each.phone].filter(Boolean).join(", "),
    badges: each.profileId === session.claims.profile_id ? [badge("you", "note")] : [],
    actions: each.canInvite ? [button("Invite", () => bring(each, shown), { kind: "quiet", symbol: "mail", label: `Invite ${each.displayName}`, key: `invite ${each.profileId}` })] : [],
  })), "");
}

async function bring({ email, displayName }, shown) {
  await invite(email);
  tell(`${displayName} is invited to ${session.claims.tenant_name}.`, "good");
  await shown.refresh();
}
