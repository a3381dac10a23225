// supabase-js, unmodified: who somebody is.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CONFIRMS, KEY, PAGE, PASSWORD, SECRET, claims, connect, enrolled, follow, mail, mails, must, newAddress, reader,
  refused, session, signUp, totp,
} from "./library.mjs";

test("sign-up confirms the address where the project wants it", async () => {
  const email = newAddress();
  const client = connect();
  const options = { data: { nickname: "Reader" } };
  const { user, session } = await must(client.auth.signUp({ email, password: PASSWORD, options }));
  assert.equal(user.email, email);
  assert.equal(user.user_metadata.nickname, "Reader");
  assert.deepEqual(user.identities.map(({ provider }) => provider), ["email"]);
  if (!CONFIRMS) {
    assert.ok(session.access_token);
    assert.deepEqual(await mails(email), []);
    return;
  }
  assert.equal(session, null);
  const error = await refused(client.auth.signInWithPassword({ email, password: PASSWORD }));
  assert.equal(error.code, "email_not_confirmed");
  const { code } = await mail(email);
  const confirmed = await must(client.auth.verifyOtp({ type: "signup", email, token: code }));
  assert.ok(confirmed.session.access_token);
  assert.ok(confirmed.user.email_confirmed_at);
});

test("a second sign-up gives nothing away", async () => {
  const email = newAddress();
  await reader({}, email);
  const answer = await connect().auth.signUp({ email, password: "another password" });
  if (CONFIRMS) assert.deepEqual(answer.data.user.identities, []);
  else assert.equal(answer.error.code, "user_already_exists");
});

test("a weak password is named as such", async () => {
  const error = await refused(connect().auth.signUp({ email: newAddress(), password: "short" }));
  assert.equal(error.name, "AuthWeakPasswordError");
  assert.deepEqual(error.reasons, ["length"]);
});

test("sign in with a password", async () => {
  const email = newAddress();
  const first = await reader({}, email);
  const second = connect();
  const { user, session } = await must(second.auth.signInWithPassword({ email, password: PASSWORD }));
  assert.equal(session.token_type, "bearer");
  assert.equal(session.expires_in, 3600);
  const told = await claims(second);
  assert.equal(told.sub, user.id);
  assert.equal(told.aal, "aal1");
  assert.notEqual(told.session_id, (await claims(first)).session_id);
  const error = await refused(second.auth.signInWithPassword({ email, password: "wrong password" }));
  assert.equal(error.code, "invalid_credentials");
  assert.equal(error.status, 400);
});

test("events tell what happened", async () => {
  const email = newAddress();
  await reader({}, email);
  const client = connect();
  const events = [];
  const { data } = client.auth.onAuthStateChange((event) => events.push(event));
  await must(client.auth.signInWithPassword({ email, password: PASSWORD }));
  await must(client.auth.updateUser({ data: { theme: "dark" } }));
  await must(client.auth.refreshSession());
  await client.auth.signOut();
  data.subscription.unsubscribe();
  const expected = ["SIGNED_IN", "USER_UPDATED", "TOKEN_REFRESHED", "SIGNED_OUT"];
  assert.deepEqual(events.filter((event) => event !== "INITIAL_SESSION"), expected);
});

test("a magic link exchanges its code for a session", async () => {
  const email = newAddress();
  await reader({}, email);
  const client = connect(KEY, { flowType: "pkce" });
  const before = (await mails(email)).length;
  await must(client.auth.signInWithOtp({ email, options: { emailRedirectTo: PAGE } }));
  const { page, told } = await follow((await mail(email, before + 1)).link);
  assert.equal(page, PAGE);
  assert.deepEqual(Object.keys(told), ["code"]);
  const { user } = await must(client.auth.exchangeCodeForSession(told.code));
  assert.equal(user.email, email);
  const again = await refused(client.auth.exchangeCodeForSession(told.code));
  assert.ok(again.message);
});

test("a code without its verifier is worth nothing", async () => {
  const email = newAddress();
  await reader({}, email);
  const client = connect(KEY, { flowType: "pkce" });
  const thief = connect(KEY, { flowType: "pkce" });
  const before = (await mails(email)).length;
  await must(client.auth.signInWithOtp({ email }));
  await must(thief.auth.resetPasswordForEmail(newAddress()));
  const { told } = await follow((await mail(email, before + 1)).link);
  const error = await refused(thief.auth.exchangeCodeForSession(told.code));
  assert.equal(error.code, "bad_code_verifier");
  await must(client.auth.exchangeCodeForSession(told.code));
});

test("a magic link without PKCE brings the session along", async () => {
  const email = newAddress();
  await reader({}, email);
  const client = connect(KEY, { flowType: "implicit" });
  const before = (await mails(email)).length;
  await must(client.auth.signInWithOtp({ email }));
  const { link } = await mail(email, before + 1);
  const { told } = await follow(link);
  assert.equal(told.type, "magiclink");
  const { access_token, refresh_token } = told;
  const { user } = await must(client.auth.setSession({ access_token, refresh_token }));
  assert.equal(user.email, email);
  assert.equal((await follow(link)).told.error_code, "otp_expired");
});

test("a code by mail signs in once", async () => {
  const email = newAddress();
  const client = connect();
  await must(client.auth.signInWithOtp({ email }));
  const { code } = await mail(email);
  const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, "0");
  const error = await refused(client.auth.verifyOtp({ type: "email", email, token: wrong }));
  assert.equal(error.code, "otp_expired");
  assert.equal(error.status, 403);
  const { session } = await must(client.auth.verifyOtp({ type: "email", email, token: code }));
  assert.ok(session.access_token);
  await refused(client.auth.verifyOtp({ type: "email", email, token: code }));
});

test("a forgotten password is replaced", async () => {
  const email = newAddress();
  await reader({}, email);
  const client = connect(KEY, { flowType: "pkce" });
  const before = (await mails(email)).length;
  await must(client.auth.resetPasswordForEmail(email, { redirectTo: PAGE }));
  const { told } = await follow((await mail(email, before + 1)).link);
  const given = await must(client.auth.exchangeCodeForSession(told.code));
  assert.equal(given.redirectType, "recovery");
  await must(client.auth.updateUser({ password: "a new password" }));
  await refused(connect().auth.signInWithPassword({ email, password: PASSWORD }));
  await must(connect().auth.signInWithPassword({ email, password: "a new password" }));
});

test("somebody without an address", async () => {
  const client = connect();
  const { user } = await must(client.auth.signInAnonymously());
  assert.equal(user.is_anonymous, true);
  const rows = await must(client.from("shelves").insert({ book_id: 1 }).select());
  assert.equal(rows[0].user_id, user.id);
});

test("refresh gives a new pair of tokens", async () => {
  const client = await reader();
  const before = await session(client);
  const after = (await must(client.auth.refreshSession())).session;
  assert.notEqual(after.refresh_token, before.refresh_token);
  assert.equal((await must(client.auth.getUser())).user.id, before.user.id);
  const error = await refused(connect().auth.refreshSession({ refresh_token: "abcdefghijkl" }));
  assert.equal(error.code, "refresh_token_not_found");
});

for (const [scope, here, there] of [["local", false, true], ["others", true, false], ["global", false, false]]) {
  test(`sign out: ${scope}`, async () => {
    const email = newAddress();
    const first = await reader({}, email);
    const second = connect();
    await must(second.auth.signInWithPassword({ email, password: PASSWORD }));
    const tokens = [(await session(first)).refresh_token, (await session(second)).refresh_token];
    const { error } = await first.auth.signOut({ scope });
    assert.equal(error, null);
    const held = [];
    for (const refresh_token of tokens) held.push(!(await connect().auth.refreshSession({ refresh_token })).error);
    assert.deepEqual(held, [here, there]);
  });
}

test("a token whose session was ended names nobody", async () => {
  const client = await reader();
  const { access_token } = await session(client);
  await client.auth.signOut();
  const error = await refused(connect().auth.getUser(access_token));
  assert.equal(error.name, "AuthSessionMissingError");
});

test("a user changes what is theirs", async () => {
  const client = await reader();
  const { user } = await must(client.auth.updateUser({ data: { theme: "dark", size: 3 } }));
  assert.equal(user.user_metadata.theme, "dark");
  const again = await must(client.auth.updateUser({ data: { theme: null } }));
  assert.equal(again.user.user_metadata.size, 3);
  assert.ok(!("theme" in again.user.user_metadata));
  assert.equal((await refused(client.auth.updateUser({ password: PASSWORD }))).code, "same_password");
});

test("a new address is confirmed by mail", async () => {
  const [old, fresh] = [newAddress("old"), newAddress("new")];
  const client = await reader({}, old);
  const before = (await mails(old)).length;
  const { user } = await must(client.auth.updateUser({ email: fresh }));
  assert.equal(user.new_email, fresh);
  const links = [(await mail(old, before + 1)).link, (await mail(fresh)).link];
  if (CONFIRMS) assert.match((await follow(links[0])).told.message, /^Confirmation link accepted/);
  assert.equal((await follow(links[1])).told.type, "email_change");
  await must(client.auth.refreshSession());
  assert.equal((await claims(client)).email, fresh);
});

test("a second factor raises the session", async () => {
  const client = await reader();
  const { id, secret, factor } = await enrolled(client);
  assert.ok(factor.totp.qr_code.startsWith("data:image/svg+xml;utf-8,<"));
  assert.ok(factor.totp.uri.startsWith("otpauth://totp/Library:"));
  const early = await must(client.auth.mfa.getAuthenticatorAssuranceLevel());
  assert.deepEqual([early.currentLevel, early.nextLevel], ["aal1", "aal1"]);
  const challenge = await must(client.auth.mfa.challenge({ factorId: id }));
  const wrong = String((Number(totp(secret)) + 1) % 1_000_000).padStart(6, "0");
  const error = await refused(client.auth.mfa.verify({ factorId: id, challengeId: challenge.id, code: wrong }));
  assert.equal(error.code, "mfa_verification_failed");
  await refused(client.from("diaries").insert({ entry: "too early" }));
  await must(client.auth.mfa.challengeAndVerify({ factorId: id, code: totp(secret) }));
  assert.equal((await claims(client)).aal, "aal2");
  await must(client.from("diaries").insert({ entry: "secret" }));
  assert.deepEqual(await must(client.from("diaries").select("entry")), [{ entry: "secret" }]);
  const listed = await must(client.auth.mfa.listFactors());
  assert.deepEqual(listed.totp.map((each) => each.id), [id]);
  assert.equal((await must(client.auth.mfa.unenroll({ factorId: id }))).id, id);
  await must(client.auth.refreshSession());
  assert.equal((await claims(client)).aal, "aal1");
});

test("the administrator keeps users", async () => {
  const { admin } = connect(SECRET).auth;
  const email = newAddress("made");
  const app_metadata = { teams: [1] };
  const { user } = await must(admin.createUser({ email, password: PASSWORD, email_confirm: true, app_metadata }));
  const listed = await must(admin.listUsers({ page: 1, perPage: 5 }));
  assert.equal(listed.users[0].id, user.id);
  assert.ok(listed.total >= 1);
  assert.equal((await must(admin.getUserById(user.id))).user.email, email);
  const changed = await must(admin.updateUserById(user.id, { user_metadata: { nickname: "N" } }));
  assert.equal(changed.user.user_metadata.nickname, "N");
  const client = connect();
  await must(client.auth.signInWithPassword({ email, password: PASSWORD }));
  assert.deepEqual((await claims(client)).app_metadata.teams, [1]);
  await must(admin.deleteUser(user.id));
  const error = await refused(admin.getUserById(user.id));
  assert.deepEqual([error.status, error.code], [404, "user_not_found"]);
});

test("the administrator invites", async () => {
  const email = newAddress("guest");
  const options = { data: { nickname: "Guest" }, redirectTo: PAGE };
  const { user } = await must(connect(SECRET).auth.admin.inviteUserByEmail(email, options));
  assert.ok(user.invited_at);
  const { page, told } = await follow((await mail(email)).link);
  assert.deepEqual([page, told.type], [PAGE, "invite"]);
  const { access_token, refresh_token } = told;
  const client = connect();
  await must(client.auth.setSession({ access_token, refresh_token }));
  await must(client.auth.updateUser({ password: PASSWORD }));
  await must(connect().auth.signInWithPassword({ email, password: PASSWORD }));
});

for (const type of ["signup", "magiclink", "recovery", "invite"]) {
  test(`the administrator makes a link: ${type}`, async () => {
    const { admin } = connect(SECRET).auth;
    const email = newAddress("link");
    if (["magiclink", "recovery"].includes(type)) await must(admin.createUser({ email, email_confirm: true }));
    const { properties, user } = await must(
      admin.generateLink({ type, email, password: type === "signup" ? PASSWORD : undefined }),
    );
    assert.equal(properties.verification_type, type);
    assert.deepEqual(await mails(email), []);
    const given = await must(connect().auth.verifyOtp({ type, token_hash: properties.hashed_token }));
    assert.equal(given.user.id, user.id);
  });
}

test("the administrator takes factors and sessions away", async () => {
  const client = await reader();
  const { id, secret } = await enrolled(client);
  await must(client.auth.mfa.challengeAndVerify({ factorId: id, code: totp(secret) }));
  const { admin } = connect(SECRET).auth;
  const { user, access_token } = await session(client);
  const { factors } = await must(admin.mfa.listFactors({ userId: user.id }));
  assert.deepEqual(factors.map((factor) => factor.id), [id]);
  await must(admin.mfa.deleteFactor({ userId: user.id, id }));
  await must(admin.signOut(access_token, "global"));
  await refused(client.auth.refreshSession());
});

test("administration needs the secret key", async () => {
  const client = connect();
  for (const attempt of [client.auth.admin.listUsers(), client.auth.admin.createUser({ email: newAddress() })]) {
    assert.ok([401, 403].includes((await refused(attempt)).status));
  }
  await signUp(client);
  assert.equal((await refused(client.auth.admin.listUsers())).code, "not_admin");
});
