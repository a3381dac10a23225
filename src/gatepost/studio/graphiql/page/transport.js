// How the page asks the surface: over HTTP, and over a socket (graphql-transport-ws) for what goes on.

const PROTOCOL = "graphql-transport-ws";

// A fetcher for GraphiQL. `headers()` gives those of a request as whoever is acted as.
export function makeFetcher(endpoint, headers) {
  return async (asked, { headers: more } = {}) => {
    const sent = { ...(await headers()), ...more };
    return isSubscription(asked.query, asked.operationName)
      ? subscription(endpoint, asked, sent)
      : request(endpoint, asked, sent);
  };
}

const SILENT = /"""[^]*?"""|"(?:\\.|[^"\\\n])*"|#[^\n]*/g;
const WORD = /[{}]|fragment\s+\w+|\b(query|mutation|subscription)\b\s*(\w*)/g;

// Whether the operation of that name, or the only one, is a subscription: what stands outside of all braces tells.
export function isSubscription(text, name) {
  let depth = 0;
  for (const [word, kind, called] of text.replaceAll(SILENT, "").matchAll(WORD)) {
    if (word === "{") depth += 1;
    else if (word === "}") depth -= 1;
    else if (depth === 0 && kind && (!name || called === name)) return kind === "subscription";
  }
  return false;
}

async function request(endpoint, asked, headers) {
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/graphql-response+json", ...headers },
    body: JSON.stringify(asked),
  });
  return answer.json();
}

// What GraphiQL takes for a result that goes on: something to subscribe to, once.
function subscription(endpoint, asked, headers) {
  return {
    subscribe(observer) {
      const address = new URL(endpoint, location.href);
      address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
      const socket = new WebSocket(address, PROTOCOL);
      const say = (message) => socket.send(JSON.stringify(message));
      const heard = {
        connection_ack: () => say({ id: "1", type: "subscribe", payload: asked }),
        next: ({ payload }) => observer.next(payload),
        error: ({ payload }) => { observer.next({ errors: payload }); observer.complete(); socket.close(1000); },
        complete: () => { observer.complete(); socket.close(1000); },
        ping: () => say({ type: "pong" }),
      };
      socket.onopen = () => say({ type: "connection_init", payload: headers });
      socket.onmessage = ({ data }) => { const message = JSON.parse(data); heard[message.type]?.(message); };
      socket.onclose = ({ code, reason }) => {
        if (code !== 1000) observer.next({ errors: [{ message: reason || `The socket was closed (${code})` }] });
        observer.complete();
      };
      return { unsubscribe: () => socket.close(1000) };
    },
  };
}
