// Sessions in cookies, by @supabase/ssr: reads a list of cases from standard input, prints what became of each.
// {read: cookies} -> the session it finds; {write: session, cookies} -> what it sets, as [name, value, max-age].
import { text } from "node:stream/consumers";
import { createServerClient } from "@supabase/ssr";

const URL = "http://127.0.0.1:54321";

function client(cookies, set, user) {
  const answer = async () => new Response(JSON.stringify(user), { headers: { "content-type": "application/json" } });
  return createServerClient(URL, "key", {
    cookies: { getAll: () => cookies.map(([name, value]) => ({ name, value })), setAll: (all) => set.push(...all) },
    global: { fetch: answer },
  });
}

async function read(cookies) {
  const { data } = await client(cookies, [], null).auth.getSession();
  return data.session && { ...data.session, user: JSON.parse(JSON.stringify(data.session.user)) };
}

async function write(session, cookies) {
  const set = [];
  const { error } = await client(cookies, set, session.user).auth.setSession(session);
  if (error) throw error;
  return set.map(({ name, value, options }) => [name, value, options.maxAge]);
}

console.warn = () => {};
const cases = JSON.parse(await text(process.stdin));
const told = [];
for (const each of cases) told.push(each.read ? await read(each.read) : await write(each.write, each.cookies ?? []));
console.log(JSON.stringify(told));
