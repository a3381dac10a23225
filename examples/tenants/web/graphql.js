// GraphQL: questions over HTTP, what goes on over a socket (graphql-ws, the official client).

import { Refusal } from "./errors.js";
import { credentials, renew, session } from "./session.js";

export async function ask(document, variables = {}) {
  const body = JSON.stringify({ query: document, variables });
  let answer = await post(body);
  if (answer.status === 401 && (await renew())) answer = await post(body);
  const { data, errors, message } = await answer.json();
  const [error] = errors ?? [];
  if (error) throw new Refusal(error.message, { code: error.extensions?.code, status: answer.status });
  if (!answer.ok) throw new Refusal(message ?? "", { status: answer.status });
  return data;
}

const post = async (body) => fetch(`${session.url}/graphql`, {
  method: "POST",
  headers: { "content-type": "application/json", accept: "application/graphql-response+json", ...(await credentials()) },
  body,
});

let socket = null;
const returned = new Set(); // what to do when a socket that was lost is there again

function connection() {
  socket ??= globalThis.graphqlWs.createClient({
    url: `${session.url.replace(/^http/, "ws")}/graphql`,
    connectionParams: credentials,
    retryAttempts: Infinity,
    retryWait: (tries) => new Promise((resolve) => setTimeout(resolve, Math.min(500 * 2 ** tries, 10_000))),
    shouldRetry: () => Boolean(session.token),
    on: { connected: (_socket, _payload, again) => again && returned.forEach((act) => act()) },
  });
  return socket;
}

// `heard(data)` for each event, until the function it returns is called; `again()` where some may have been missed.
export function listen(document, variables, heard, again) {
  const stop = connection().subscribe(
    { query: document, variables },
    { next: ({ data }) => data && heard(data), error: again, complete: () => {} },
  );
  returned.add(again);
  return () => { returned.delete(again); stop(); };
}

// A socket is somebody's: with another token there is another one.
export function hangUp() {
  socket?.dispose();
  socket = null;
}
