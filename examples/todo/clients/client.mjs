// The example's todos from JavaScript, with the unmodified Supabase client.
//
//   npm install @supabase/supabase-js        (Node.js 22 or later)
//   export $(gatepost status examples/todo -o env | tr -d '"')
//   node examples/todo/clients/client.mjs

import { createClient } from "@supabase/supabase-js";
import { randomBytes } from "node:crypto";

const { API_URL, PUBLISHABLE_KEY, MAILPIT_URL } = process.env;

/** The code of the newest mail to an address, from the development inbox; a person would read it. */
async function codeFor(address) {
  for (let attempt = 0; attempt < 50; attempt++) {
    const { messages } = await (await fetch(`${MAILPIT_URL}/api/v1/messages`)).json();
    const message = messages.find(({ To }) => To.some(({ Address }) => Address === address));
    if (message) {
      const mail = await (await fetch(`${MAILPIT_URL}/api/v1/message/${message.ID}`)).json();
      return (mail.HTML || mail.Text).replace(/<[^>]*>/g, " ").match(/\b\d{6}\b/)[0];
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no mail to ${address} arrived`);
}

/** The data of an answer; what went wrong is thrown. */
async function must(answer) {
  const { data, error } = await answer;
  if (error) throw error;
  return data;
}

const client = createClient(API_URL, PUBLISHABLE_KEY, { auth: { persistSession: false, autoRefreshToken: false } });
const email = `emil.${randomBytes(3).toString("hex")}@example.com`;
const password = randomBytes(9).toString("base64url");

const { session } = await must(
  client.auth.signUp({ email, password, options: { data: { username: email.split("@")[0] } } }),
);
if (!session) await must(client.auth.verifyOtp({ type: "signup", email, token: await codeFor(email) }));
const { user } = await must(client.auth.getUser());
console.log("signed in as", user.email);

await must(client.from("todos").insert([{ task: "Learn row level security" }, { task: "Sleep" }]));
await must(client.from("todos").update({ done: true }).eq("task", "Sleep"));
for (const { task, done } of await must(client.from("todos").select("task, done").order("id"))) {
  console.log(done ? "[x]" : "[ ]", task);
}

const team = await must(client.rpc("create_team", { name: "Readers" }));
console.log("team", JSON.stringify(await must(client.from("teams").select("name, members(user_id)").eq("id", team))));
console.log("profile", await must(client.from("profiles").select("username").eq("id", user.id).single()));
console.log("leaderboard", await must(client.from("leaderboard").select("*").order("score", { ascending: false })));

await must(client.auth.signOut().then(({ error }) => ({ data: null, error })));
