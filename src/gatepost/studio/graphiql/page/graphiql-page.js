// The page around GraphiQL: as whom it asks. A token is kept in memory only, and fetched again before it ends.

import { makeFetcher } from "./transport.js";

const RENEW_SECONDS = 60;
const { prefix, key } = document.body.dataset;
const form = document.querySelector("#acting");
const who = document.querySelector("#who");
const people = document.querySelector("#people");
const told = document.querySelector("#acting-as");

let acting = null; // {email, token, ends}

async function actAs(email) {
  const answer = await fetch(`${prefix}/graphiql/act`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email }),
  });
  const { token, message } = await answer.json();
  if (!answer.ok) throw new Error(message);
  return { email, token, ends: claims(token).exp };
}

function claims(token) {
  return JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
}

async function headers() {
  if (acting && acting.ends - Date.now() / 1000 < RENEW_SECONDS) acting = await actAs(acting.email);
  return acting ? { apikey: key, authorization: `Bearer ${acting.token}` } : { apikey: key };
}

async function change() {
  const email = who.value.trim();
  try {
    acting = email ? await actAs(email) : null;
    told.value = acting ? `Requests are those of ${acting.email}` : "Requests are anonymous";
  } catch (error) {
    told.value = `${error.message}; requests are ${acting ? `those of ${acting.email}` : "anonymous"}`;
  }
}

async function suggest() {
  const answer = await fetch(`${prefix}/graphiql/people?part=${encodeURIComponent(who.value.trim())}`);
  const found = answer.ok ? await answer.json() : [];
  people.replaceChildren(...found.map((email) => Object.assign(document.createElement("option"), { value: email })));
}

form.addEventListener("submit", (event) => { event.preventDefault(); change(); });
who.addEventListener("change", change);
who.addEventListener("input", suggest);
who.addEventListener("focus", suggest);

const { React, ReactDOM, GraphiQL } = window;
const fetcher = makeFetcher(prefix, headers);
ReactDOM.createRoot(document.querySelector("#graphiql")).render(
  React.createElement(GraphiQL, { fetcher, shouldPersistHeaders: false, defaultEditorToolsVisibility: true }),
);
