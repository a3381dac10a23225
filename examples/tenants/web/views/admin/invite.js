// An invitation: a residency that waits, and a mail about it.

import { credentials, rpc, session } from "../../session.js";

export async function invite(email, scope = "user") {
  const resident = await rpc("invite_user", { _email: email, _assignment_scope: scope });
  const mailed = await mail(email);
  return { resident, mailed };
}

// The auth server sends it in an admin's name; it tells nobody whether the address has an account.
async function mail(email) {
  const back = encodeURIComponent(`${location.origin}${location.pathname}`);
  const answer = await fetch(`${session.url}/auth/v1/invite?redirect_to=${back}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(await credentials()) },
    body: JSON.stringify({ email }),
  });
  return answer.ok;
}
