// supabase-js, unmodified: rows, and who sees them.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ANON_KEY, CONFIRMS, KEY, PUBLISHABLE_KEY, SECRET, SECRET_KEY, SERVICE_ROLE_KEY, connect, must, newAddress, reader,
  refused, session,
} from "./library.mjs";

const titles = (rows) => rows.map(({ title }) => title);
const ids = (rows) => rows.map(({ id }) => id);
const shelved = async (client) => {
  const rows = await must(client.from("shelves").select("book_id").order("book_id"));
  return rows.map(({ book_id }) => book_id);
};
const whoami = (client) => must(client.rpc("whoami"));

test("rows are written, read, changed and removed", async () => {
  const client = await reader();
  const { user } = await session(client);
  const made = await must(client.from("shelves").insert({ book_id: 1, note: "to read", stars: 3 }).select().single());
  assert.deepEqual({ ...made, id: 0 }, { id: 0, user_id: user.id, book_id: 1, note: "to read", stars: 3 });
  const written = await client.from("shelves").insert([{ book_id: 2 }, { book_id: 3, stars: 5 }]);
  assert.deepEqual([written.status, written.data, written.error], [201, null, null]);
  const changed = await must(client.from("shelves").update({ stars: 4 }).eq("book_id", 1).select("stars"));
  assert.deepEqual(changed, [{ stars: 4 }]);
  const gone = await client.from("shelves").delete({ count: "exact" }).gte("stars", 4);
  assert.deepEqual([gone.status, gone.count], [204, 2]);
  assert.deepEqual(await shelved(client), [2]);
});

test("upsert changes what is there and adds what is not", async () => {
  const client = await reader();
  await must(client.from("shelves").insert({ book_id: 1, note: "old", stars: 1 }));
  const rows = [{ book_id: 1, note: "new" }, { book_id: 2, note: "first" }];
  await must(client.from("shelves").upsert(rows, { onConflict: "user_id,book_id" }));
  const found = await must(client.from("shelves").select("book_id, note, stars").order("book_id"));
  assert.deepEqual(found, [{ book_id: 1, note: "new", stars: 1 }, { book_id: 2, note: "first", stars: null }]);
  const options = { onConflict: "user_id,book_id", ignoreDuplicates: true };
  assert.deepEqual(await must(client.from("shelves").upsert([{ book_id: 1 }], options).select()), []);
});

test("embedding follows foreign keys each way", async () => {
  const client = connect();
  const one = await must(client.from("books").select("title, authors(name)").eq("id", 3).single());
  assert.deepEqual(one, { title: "Frankenstein", authors: { name: "Mary Shelley" } });
  const many = await must(client.from("authors").select("name, books(title)").eq("id", 1));
  assert.deepEqual(many, [{ name: "Jane Austen", books: [{ title: "Emma" }, { title: "Persuasion" }] }]);
  const through = await must(client.from("books").select("genres(name)").eq("id", 3).single());
  assert.deepEqual(through.genres.map(({ name }) => name).sort(), ["Adventure", "Horror"]);
  const inner = await must(
    client.from("authors").select("name, works:books!inner(title)").gte("works.published", 1818).order("name"),
  );
  assert.deepEqual(inner.map(({ name }) => name), ["Jules Verne", "Mary Shelley"]);
  const newest = await must(
    client.from("authors").select("books(title)").eq("id", 3).single()
      .order("published", { referencedTable: "books", ascending: false }).limit(1, { referencedTable: "books" }),
  );
  assert.deepEqual(newest.books, [{ title: "The Mysterious Island" }]);
  const counted = await must(client.from("authors").select("books(count)").order("id"));
  assert.deepEqual(counted.map(({ books }) => books[0].count), [2, 1, 2, 0]);
});

const FILTERS = {
  eq: [(query) => query.eq("title", "Emma"), [1]],
  neq: [(query) => query.neq("author_id", 1), [3, 4, 5]],
  gt: [(query) => query.gt("published", 1818), [4, 5]],
  lte: [(query) => query.lte("price", 8), [2, 4]],
  like: [(query) => query.like("title", "%s%"), [2, 3, 4, 5]],
  ilikeAnyOf: [(query) => query.ilikeAnyOf("title", ["the%", "em%"]), [1, 5]],
  is: [(query) => query.is("price", null), [5]],
  in: [(query) => query.in("title", ["Emma", 'Not, "there"', "Frankenstein"]), [1, 3]],
  contains: [(query) => query.contains("tags", ["novel", "travel"]), [4, 5]],
  "contains json": [(query) => query.contains("details", { binding: { kind: "cloth" } }), [1]],
  containedBy: [(query) => query.containedBy("tags", ["novel", "comedy", "horror"]), [1, 2, 3]],
  overlaps: [(query) => query.overlaps("tags", ["comedy", "horror"]), [1, 3]],
  rangeGt: [(query) => query.rangeGt("on_display", "[2026-02-15,2026-02-20)"), [2]],
  rangeAdjacent: [(query) => query.rangeAdjacent("on_display", "[2026-02-01,2026-03-01)"), [1, 2]],
  textSearch: [(query) => query.textSearch("abstract", "world days", { type: "plain", config: "english" }), [4]],
  or: [(query) => query.or("published.lt.1816,and(price.is.null,tags.cs.{travel})"), [1, 5]],
  not: [(query) => query.not("author_id", "in", "(1,3)"), [3]],
  match: [(query) => query.match({ author_id: 1, published: 1817 }), [2]],
  filter: [(query) => query.filter("details->binding->>kind", "eq", "paper"), [2]],
};
for (const [name, [filter, expected]] of Object.entries(FILTERS)) {
  test(`filter: ${name}`, async () => {
    assert.deepEqual(ids(await must(filter(connect().from("books").select("id")).order("id"))), expected);
  });
}

test("order, pages and counts", async () => {
  const books = () => connect().from("books");
  const dear = await must(books().select("title").order("price", { ascending: false, nullsFirst: true }).limit(2));
  assert.deepEqual(titles(dear), ["The Mysterious Island", "Frankenstein"]);
  const page = await books().select("id", { count: "exact" }).order("id").range(1, 2);
  assert.deepEqual([ids(page.data), page.count, page.status], [[2, 3], 5, 206]);
  const only = await books().select("*", { count: "exact", head: true }).gt("published", 1850);
  assert.deepEqual([only.data, only.count], [null, 2]);
});

test("one row and perhaps one", async () => {
  const books = () => connect().from("books").select("title");
  assert.deepEqual(await must(books().eq("id", 1).single()), { title: "Emma" });
  assert.equal(await must(books().eq("id", 99).maybeSingle()), null);
  const error = await refused(books().in("id", [1, 2]).single());
  assert.equal(error.code, "PGRST116");
});

test("columns are renamed, cast and reached into", async () => {
  const select = "name:title, year:published::text, details->binding->>kind";
  const rows = await must(connect().from("books").select(select).eq("id", 1));
  assert.deepEqual(rows, [{ name: "Emma", year: "1815", kind: "cloth" }]);
  const text = await must(connect().from("books").select("title, published").eq("id", 1).csv());
  assert.equal(text, "title,published\nEmma,1815");
});

test("functions are called", async () => {
  const client = connect();
  assert.equal(await must(client.rpc("add", { a: 2, b: 3 })), 5);
  assert.equal(await must(client.rpc("add", { a: 2, b: 3 }, { get: true })), 5);
  const since = await client.rpc("books_since", { year: 1850 }, { count: "exact" }).select("title").order("published");
  assert.deepEqual([titles(since.data), since.count], [
    ["Around the World in Eighty Days", "The Mysterious Island"],
    2,
  ]);
  const error = await refused(client.rpc("refuse", { why: "closed" }));
  assert.deepEqual([error.code, error.message, error.hint], ["P0001", "refused: closed", "Ask again tomorrow"]);
});

test("mistakes are explained", async () => {
  const client = await reader();
  const attempts = [
    [client.from("bookz").select(), "PGRST205"],
    [client.from("books").select("titel"), "42703"],
    [client.from("books").select("publishers(name)"), "PGRST200"],
    [client.from("shelves").insert({ book_id: 1, colour: "red" }), "PGRST204"],
    [client.from("shelves").insert({ book_id: 1, stars: 9 }), "23514"],
    [client.from("books").select().eq("id", "one"), "22P02"],
    [client.rpc("subtract", { a: 1 }), "PGRST202"],
  ];
  for (const [attempt, code] of attempts) assert.equal((await refused(attempt)).code, code);
});

test("two users never see each other's rows", async () => {
  const [ada, bob] = [await reader(), await reader()];
  await must(ada.from("shelves").insert({ book_id: 1, note: "ada's" }));
  await must(bob.from("shelves").insert([{ book_id: 2 }, { book_id: 3 }]));
  assert.deepEqual([await shelved(ada), await shelved(bob)], [[1], [2, 3]]);
  assert.deepEqual(await must(bob.from("shelves").update({ note: "bob's" }).eq("book_id", 1).select()), []);
  assert.deepEqual(await must(bob.from("shelves").delete().eq("book_id", 1).select()), []);
  const theft = { book_id: 4, user_id: (await session(ada)).user.id };
  assert.equal((await refused(bob.from("shelves").insert(theft))).code, "42501");
  assert.deepEqual(await shelved(ada), [1]);
});

test("nobody sees what nobody may", async () => {
  const nobody = connect();
  const ada = await reader();
  await must(ada.from("shelves").insert({ book_id: 1 }));
  assert.equal((await must(nobody.from("books").select())).length, 5);
  if (CONFIRMS) assert.equal((await refused(nobody.from("shelves").select())).code, "42501");
  else assert.deepEqual(await must(nobody.from("shelves").select()), []);
  assert.equal((await refused(nobody.from("shelves").insert({ book_id: 1 }))).code, "42501");
  assert.deepEqual(await whoami(nobody), { uid: null, role: "anon", email: null, user: "anon" });
});

test("a secret key sees all", async () => {
  const staff = connect(SECRET);
  const readers = [await reader(), await reader()];
  for (const client of readers) await must(client.from("shelves").insert({ book_id: 1 }));
  const owners = new Set((await must(staff.from("shelves").select("user_id"))).map(({ user_id }) => user_id));
  for (const client of readers) assert.ok(owners.has((await session(client)).user.id));
  assert.equal((await whoami(staff)).user, "service_role");
  const made = await must(staff.from("authors").insert({ name: newAddress("author") }).select().single());
  await must(staff.from("authors").delete().eq("id", made.id));
});

test("a secret key with a user's token sees that user's rows only", async () => {
  const [ada, bob] = [await reader(), await reader()];
  await must(ada.from("shelves").insert({ book_id: 1 }));
  await must(bob.from("shelves").insert({ book_id: 2 }));
  const { access_token, refresh_token } = await session(ada);
  const staff = connect(SECRET);
  await must(staff.auth.setSession({ access_token, refresh_token }));
  assert.deepEqual(await shelved(staff), [1]);
  assert.equal((await whoami(staff)).user, "authenticated");
  const header = connect(SECRET, {}, { global: { headers: { Authorization: `Bearer ${access_token}` } } });
  assert.deepEqual(await shelved(header), [1]);
  const given = connect(SECRET, undefined, { accessToken: async () => access_token, auth: undefined });
  assert.deepEqual(await shelved(given), [1]);
});

for (const [form, key, secret] of [["opaque", PUBLISHABLE_KEY, SECRET_KEY], ["jwt", ANON_KEY, SERVICE_ROLE_KEY]]) {
  test(`keys do the same in either form: ${form}`, async () => {
    const [nobody, staff, ada] = [connect(key), connect(secret), await reader()];
    await must(ada.from("shelves").insert({ book_id: 1 }));
    assert.equal((await whoami(nobody)).user, "anon");
    assert.equal((await whoami(staff)).user, "service_role");
    assert.ok((await must(staff.auth.admin.listUsers())).users.length > 0);
    const { access_token, refresh_token } = await session(ada);
    await must(nobody.auth.setSession({ access_token, refresh_token }));
    assert.deepEqual(await shelved(nobody), [1]);
  });
}

test("a key that is none opens nothing", async () => {
  for (const key of ["sb_publishable_unknown", "sb_secret_unknown", "key"]) {
    const error = await refused(connect(key).from("books").select());
    assert.equal(error.message, "Invalid API key");
  }
});

test("what is asked for twice arrives twice", async () => {
  const client = connect(KEY);
  const answers = await Promise.all(Array.from({ length: 40 }, (_, number) => client.rpc("add", { a: number, b: 1 })));
  assert.deepEqual(answers.map(({ data }) => data), Array.from({ length: 40 }, (_, number) => number + 1));
});
