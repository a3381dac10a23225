// @supabase/ssr, unmodified: a session that lives in cookies, from one request of a web server to the next.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createServerClient } from "@supabase/ssr";
import { API_URL, KEY, PAGE, PASSWORD, follow, mail, mails, must, newAddress, reader, refused } from "./library.mjs";

/** A browser's cookies, and a client as a web server makes one for each request. */
class Browser {
  cookies = new Map();

  request() {
    return createServerClient(API_URL, KEY, {
      cookies: {
        getAll: () => [...this.cookies].map(([name, value]) => ({ name, value })),
        setAll: (changes) => {
          for (const { name, value, options } of changes) {
            if (options.maxAge === 0) this.cookies.delete(name);
            else this.cookies.set(name, value);
          }
        },
      },
    });
  }
}

test("a session goes round in cookies", async () => {
  const email = newAddress();
  await reader({}, email);
  const browser = new Browser();
  await must(browser.request().auth.signInWithPassword({ email, password: PASSWORD }));
  assert.ok(browser.cookies.size >= 1);
  const next = browser.request();
  const { user } = await must(next.auth.getUser());
  assert.equal(user.email, email);
  const rows = await must(next.from("shelves").insert({ book_id: 1 }).select("user_id"));
  assert.deepEqual(rows, [{ user_id: user.id }]);
  assert.equal((await must(browser.request().auth.getClaims())).claims.sub, user.id);
  await browser.request().auth.signOut();
  assert.equal(browser.cookies.size, 0);
  await refused(browser.request().auth.getUser());
});

test("another browser's cookies are another session", async () => {
  const [ada, bob] = [new Browser(), new Browser()];
  for (const [browser, book_id] of [[ada, 1], [bob, 2]]) {
    const email = newAddress();
    await reader({}, email);
    await must(browser.request().auth.signInWithPassword({ email, password: PASSWORD }));
    await must(browser.request().from("shelves").insert({ book_id }));
  }
  assert.deepEqual(await must(ada.request().from("shelves").select("book_id")), [{ book_id: 1 }]);
  assert.deepEqual(await must(bob.request().from("shelves").select("book_id")), [{ book_id: 2 }]);
});

test("a link's code is exchanged by the request that follows it", async () => {
  const email = newAddress();
  await reader({}, email);
  const browser = new Browser();
  const before = (await mails(email)).length;
  await must(browser.request().auth.signInWithOtp({ email, options: { emailRedirectTo: PAGE } }));
  const { page, told } = await follow((await mail(email, before + 1)).link);
  assert.equal(page, PAGE);
  await refused(new Browser().request().auth.exchangeCodeForSession(told.code));
  await must(browser.request().auth.exchangeCodeForSession(told.code));
  assert.equal((await must(browser.request().auth.getUser())).user.email, email);
});

test("a session too long for one cookie is cut into several", async () => {
  const email = newAddress();
  await reader({}, email);
  const browser = new Browser();
  await must(browser.request().auth.signInWithPassword({ email, password: PASSWORD }));
  await must(browser.request().auth.updateUser({ data: { biography: "a long life ".repeat(300) } }));
  await must(browser.request().auth.refreshSession());
  assert.ok(browser.cookies.size > 1);
  assert.equal((await must(browser.request().auth.getUser())).user.email, email);
});
