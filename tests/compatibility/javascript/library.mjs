// The served library as JavaScript clients see it: clients, readers who signed up, mail, an authenticator.

import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { createClient } from "@supabase/supabase-js";

export const { API_URL, KEY, SECRET, MAILPIT_URL, PUBLISHABLE_KEY, ANON_KEY, SECRET_KEY, SERVICE_ROLE_KEY } = process.env;
export const CONFIRMS = process.env.CONFIRMS === "1";
export const PASSWORD = "correct horse battery staple";
export const PAGE = "http://127.0.0.1:3000/welcome";

export const newAddress = (name = "reader") => `${name}.${randomBytes(4).toString("hex")}@example.com`;

/** A client of its own, with the publishable key unless another is given. */
export function connect(key = KEY, auth = {}, options = {}) {
  return createClient(API_URL, key, { auth: { autoRefreshToken: false, ...auth }, ...options });
}

/** The data of an answer; what went wrong is thrown. */
export async function must(answer) {
  const { data, error } = await answer;
  if (error) throw error;
  return data;
}

/** The error of an answer that must have one. */
export async function refused(answer) {
  const { data, error } = await answer;
  assert.ok(error, `expected a refusal, got ${JSON.stringify(data)}`);
  return error;
}

/** Sign up; where the project wants the address confirmed, with the code of the mail. */
export async function signUp(client, email = newAddress()) {
  const { session } = await must(client.auth.signUp({ email, password: PASSWORD }));
  assert.equal(session === null, CONFIRMS);
  if (CONFIRMS) await must(client.auth.verifyOtp({ type: "signup", email, token: (await mail(email)).code }));
  return email;
}

/** A client that somebody new has signed in with. */
export async function reader(auth = {}, email = newAddress()) {
  const client = connect(KEY, auth);
  await signUp(client, email);
  return client;
}

export async function session(client) {
  return (await must(client.auth.getSession())).session;
}

export async function claims(client) {
  return (await must(client.auth.getClaims())).claims;
}

/** What arrived for an address, oldest first. */
export async function mails(address) {
  const query = encodeURIComponent(`to:"${address}"`);
  const { messages } = await (await fetch(`${MAILPIT_URL}/api/v1/search?query=${query}`)).json();
  return messages.reverse();
}

/** The `number`th mail to an address, waited for: its code and its link. */
export async function mail(address, number = 1) {
  for (let attempt = 0; attempt < 250; attempt++) {
    const found = await mails(address);
    if (found.length >= number) {
      const { HTML } = await (await fetch(`${MAILPIT_URL}/api/v1/message/${found[number - 1].ID}`)).json();
      const link = HTML.match(/href="([^"]+\/verify\?[^"]+)"/)?.[1].replaceAll("&amp;", "&");
      return { code: HTML.replace(/<[^>]*>/g, " ").match(/\b\d{6}\b/)?.[0], link };
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`mail ${number} to ${address} did not arrive in 5 seconds`);
}

/** Where a link of a mail leads: the page, and what it is told in query and fragment. */
export async function follow(link) {
  const answer = await fetch(link, { redirect: "manual" });
  assert.equal(answer.status, 303);
  const target = new URL(answer.headers.get("location"));
  const told = new URLSearchParams([...target.searchParams, ...new URLSearchParams(target.hash.slice(1))]);
  return { page: target.origin + target.pathname, told: Object.fromEntries(told) };
}

/** The six digits an authenticator shows now (RFC 6238). */
export function totp(secret) {
  let bits = "";
  for (const letter of secret.replace(/=+$/, "")) {
    bits += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0");
  }
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const digest = createHmac("sha1", key).update(counter).digest();
  const number = digest.readUInt32BE(digest.at(-1) & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

/** A new, unverified authenticator. */
export async function enrolled(client, friendlyName = "phone") {
  const factor = await must(client.auth.mfa.enroll({ factorType: "totp", friendlyName, issuer: "Library" }));
  return { id: factor.id, secret: factor.totp.secret, factor };
}
