// Who is signed in, and what the token permits: supabase-js and the claims in its tokens.
// Claims change while a page is open: they are compared with the server's every few seconds, when the window comes to
// the front, and after every refusal; where they differ the token is made anew.

import { Refusal } from "./errors.js";

const LOOK_SECONDS = 3;
const PATIENCE_SECONDS = 10;
const COMPARED = ["tenant_id", "tenant_name", "resident_id", "actual_resident_id", "profile_status", "display_name"];

export const session = {
  client: null,
  url: "",
  key: "",
  token: null, // null: nobody is signed in
  email: "",
  claims: {},
  modules: [],
  residencies: [],
  support: null, // {reason, expires_at, read_only} in support mode
};

let heard = () => {};

// `onChange(what, …)` hears "signed in", "signed out", "claims" with {before, now}, "trouble" with an error, and "away"
// and "back" of the server.
export async function start({ url, publishableKey }, onChange) {
  heard = onChange;
  session.url = url;
  session.key = publishableKey;
  session.client = globalThis.supabase.createClient(url, publishableKey, {
    auth: { flowType: "pkce", detectSessionInUrl: true },
  });
  const { data } = await session.client.auth.getSession();
  await take(data.session);
  session.client.auth.onAuthStateChange((event, now) => setTimeout(() => follow(event, now)));
  setInterval(() => !document.hidden && session.token && check(), LOOK_SECONDS * 1000);
  for (const event of ["focus", "online"]) addEventListener(event, () => session.token && check());
  document.addEventListener("visibilitychange", () => !document.hidden && session.token && check());
}

// What another window did, and what the client did by itself. (Not within the client's own callback, which holds a lock.)
async function follow(event, now) {
  if (event === "SIGNED_OUT" && session.token) {
    await take(null);
    heard("signed out");
  } else if (now && now.access_token !== session.token) {
    await adopt(now);
  }
}

async function adopt(now) {
  const before = session.token ? { ...session.claims } : null;
  await take(now);
  if (!before) heard("signed in");
  else if (differs(before, session.claims)) heard("claims", { before, now: session.claims });
}

async function take(now) {
  session.token = now?.access_token ?? null;
  const told = session.token ? payload(session.token) : {};
  session.email = told.email ?? "";
  session.claims = told.app_metadata ?? {};
  if (!session.token) Object.assign(session, { modules: [], residencies: [], support: null });
  else await load();
}

// What goes with the claims. Where it cannot be had, what was known stays, and that is told.
async function load() {
  try {
    const [modules, residencies, support] = await Promise.all([
      rpc("available_modules"), rpc("my_profile_residencies"), session.claims.actual_resident_id ? supportSession() : null,
    ]);
    Object.assign(session, { modules, residencies, support });
  } catch (error) {
    heard("trouble", error);
  }
}

const supportSession = () =>
  rows(
    from("app", "support_session").select("reason, expires_at, read_only").is("ended_at", null)
      .eq("support_resident_id", session.claims.resident_id).limit(1),
  ).then(([one]) => one ?? null, () => null);

export function payload(token) {
  const bytes = Uint8Array.from(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

function differs(one, other) {
  const permitted = (claims) => [...(claims.permissions ?? [])].sort().join();
  return COMPARED.some((key) => (one[key] ?? null) !== (other[key] ?? null)) || permitted(one) !== permitted(other);
}

let checking = null;
let failures = 0; // one after the other, of looks

// Whether what the token says still holds; where it does not there is a new one, and everybody hears of it.
export function check() {
  checking ??= look().finally(() => { checking = null; });
  return checking;
}

async function look() {
  const before = { ...session.claims };
  try {
    const patience = AbortSignal.timeout(PATIENCE_SECONDS * 1000);
    const now = await rows(session.client.schema("app_api").rpc("current_profile_claims").abortSignal(patience));
    answered();
    if (differs(session.claims, now)) await refresh();
  } catch (error) {
    if (error instanceof Refusal) answered();
    else if (++failures === 2) heard("away");
  }
  return !session.token || differs(before, session.claims);
}

function answered() {
  if (failures > 1) heard("back");
  failures = 0;
}

// After a 401: whether there is another token to ask with.
export async function renew() {
  const old = session.token;
  await refresh();
  return session.token !== null && session.token !== old;
}

// What a request of one's own brings; a token that has run out is renewed first.
export async function credentials() {
  const { data } = await session.client.auth.getSession();
  return { apikey: session.key, Authorization: `Bearer ${data.session?.access_token ?? session.key}` };
}

export const signOut = () => session.client.auth.signOut({ scope: "local" });

// A new token. True where its claims are others; where there is none to be had, nobody is signed in any more.
export async function refresh() {
  const before = { ...session.claims };
  const { data, error } = await session.client.auth.refreshSession();
  if (error) {
    if (!error.status || error.status >= 500) return false;
    await signOut();
    return true;
  }
  if (data.session.access_token !== session.token) await adopt(data.session);
  return differs(before, session.claims);
}

// Any of these permissions. A hint for what to show: the server decides.
export const can = (...permissions) => permissions.some((key) => session.claims.permissions?.includes(key));

// ------------------------------------------------------------------ asking

export async function rpc(name, parameters = {}, schema = "app_api") {
  return rows(session.client.schema(schema).rpc(name, parameters));
}

export const from = (schema, table) => session.client.schema(schema).from(table);

// What a query of supabase-js answers, or a Refusal.
export async function rows(query) {
  let answer = await query;
  if (answer.status === 401 && session.token && (await renew())) answer = await query;
  const { data, error, status } = answer;
  if (!error) return data;
  if (!status) throw new Error("The server does not answer");
  throw new Refusal(error.message, { code: error.code, status, hint: error.hint });
}
