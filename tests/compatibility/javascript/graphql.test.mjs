// graphql-ws, unmodified: the client that Apollo, urql and Relay speak over sockets with. A Supabase project serves no
// GraphQL of this dialect unless it asks for it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "graphql-ws";
import { API_URL, KEY, must, newAddress, reader, session } from "./library.mjs";

const ENDPOINT = `${API_URL}/graphql`;
const serves = (await fetch(ENDPOINT, { method: "POST", headers: { apikey: KEY } })).status !== 404;

function sockets(connectionParams, more = {}) {
  return createClient({ url: ENDPOINT.replace("http", "ws"), connectionParams, retryAttempts: 0, ...more });
}

async function first(client, payload) {
  for await (const result of client.iterate(payload)) return result;
  return undefined;
}

test("operations over a socket are those of the user who signed in", async () => {
  const supabase = await reader({}, newAddress());
  const { access_token, user } = await session(supabase);
  await must(supabase.from("shelves").insert({ book_id: 1 }));
  const client = sockets({ apikey: KEY, authorization: `Bearer ${access_token}` });
  const asked = first(client, { query: "{ shelves { nodes { userId } } }" });
  if (!serves) return assert.rejects(asked);
  assert.deepEqual(await asked, { data: { shelves: { nodes: [{ userId: user.id }] } } });
  assert.deepEqual(await first(sockets({ apikey: KEY }), { query: "{ books(first: 1, orderBy: PRIMARY_KEY_ASC) { nodes { __typename } } }" }), {
    data: { books: { nodes: [{ __typename: "Book" }] } },
  });
});

test("a subscription goes on until the client has had enough", { skip: !serves && "no GraphQL" }, async () => {
  const client = sockets({ apikey: KEY }, { keepAlive: 50 });
  const heard = [];
  const query = 'subscription { listen(topic: "x", initialEvent: true) { event } }';
  for await (const result of client.iterate({ query })) {
    heard.push(result);
    await new Promise((resolve) => setTimeout(resolve, 200));
    break;
  }
  assert.deepEqual(heard, [{ data: { listen: { event: "initial" } } }]);
});

test("what cannot be executed is an error of its operation", { skip: !serves && "no GraphQL" }, async () => {
  const client = sockets({ apikey: KEY }, { lazy: false });
  const refused = await first(client, { query: "{ nope }" }).catch((errors) => errors);
  assert.match(refused[0].message, /^Cannot query field "nope" on type "Query"/);
  assert.deepEqual(await first(client, { query: "{ __typename }" }), { data: { __typename: "Query" } });
  await client.dispose();
});

test("who brings no key is sent away", { skip: !serves && "no GraphQL" }, async () => {
  const closed = await first(sockets({}), { query: "{ __typename }" }).catch((event) => event);
  assert.deepEqual([closed.code, closed.reason], [4403, "No API key found in request"]);
});
