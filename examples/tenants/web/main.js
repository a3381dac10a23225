// The application: what is needed to begin, which pages there are, and what happens when who one is changes.

import { h } from "./dom.js";
import { sentence } from "./errors.js";
import { hangUp } from "./graphql.js";
import * as router from "./router.js";
import { can, session, start } from "./session.js";
import { shell } from "./shell.js";
import { tell } from "./ui.js";
import signIn from "./views/sign-in.js"; // at once: who signs out while the server is away sees nothing of his any more

const ADMIN = ["p:app-admin", "p:app-admin-super"];
const SITE = ["p:app-admin-super"];
const SUPPORT = ["p:app-admin-super", "p:app-admin-support"];

const ROUTES = [
  ["/", () => import("./views/home.js")],
  ["/my-profile", () => import("./views/profile.js")],
  ["/admin/app-tenant-residencies", () => import("./views/admin/residents.js"), ADMIN],
  ["/admin/app-tenant-residencies/:id", () => import("./views/admin/resident.js"), ADMIN],
  ["/admin/app-tenant-licenses", () => import("./views/admin/licenses.js"), ADMIN],
  ["/admin/app-tenant-subscriptions", () => import("./views/admin/subscriptions.js"), ADMIN],
  ["/admin/record", () => import("./views/admin/record.js"), ADMIN],
  ["/site-admin/tenant", () => import("./views/site/tenants.js"), SUPPORT],
  ["/site-admin/tenant/:id", () => import("./views/site/tenant.js"), SITE],
  ["/site-admin/tenant-residents", () => import("./views/site/residents.js"), SUPPORT],
  ["/site-admin/site-users", () => import("./views/site/users.js"), SUPPORT],
  ["/site-admin/site-users/:id", () => import("./views/site/user.js"), SUPPORT],
  ["/site-admin/license-pack", () => import("./views/site/packs.js"), SITE],
  ["/site-admin/applications", () => import("./views/site/applications.js"), SITE],
  ["/tools/todo", () => import("./views/tools/todos.js"), ["p:todo"]],
  ["/tools/todo/:id", () => import("./views/tools/todo.js"), ["p:todo"]],
  ["/tools/discussions", () => import("./views/tools/discussions.js"), ["p:discussions"]],
  ["/tools/discussions/:id", () => import("./views/tools/topic.js"), ["p:discussions"]],
  ["/tools/incidents", () => import("./views/tools/incidents.js"), ["p:incidents"]],
  ["/tools/incidents/:id", () => import("./views/tools/incident.js"), ["p:incidents"]],
  ["/tools/address-book", () => import("./views/tools/address-book.js"), ["p:address-book"]],
];

const root = document.querySelector("#app");
let frame = null;
let invitation = null;
let away = null; // the message that the server is away

async function begin() {
  if (!globalThis.supabase || !globalThis.graphqlWs) return plain("One thing is missing", [
    h("p", {}, "This application uses supabase-js and graphql-ws, which are not part of a source checkout. Install them once, then load this page again:"),
    h("pre", {}, "pip install 'gatepost[web]'\ngatepost assets"),
  ]);
  const failure = takeFailure();
  invitation = takeTokens();
  const answer = await fetch("/config.json");
  await start(await answer.json(), changed);
  const stranded = !session.token && new URLSearchParams(location.search).has("code");
  if (stranded) history.replaceState(null, "", location.pathname);
  router.start(ROUTES, (title) => { document.title = [...new Set([title, "Tenants"])].filter(Boolean).join(" · "); frame?.update(); });
  await draw({ focus: false });
  if (failure || stranded) tell(failure || "Open the link in the browser that asked for it, or ask for a new one.", "bad");
}

// The frame and the page in it; or the page to sign in on.
async function draw({ focus }) {
  router.leave();
  hangUp();
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  if (!session.token) {
    frame = null;
    root.replaceChildren(h("main.welcome", { id: "content", tabindex: "-1" }, signIn(invitation)));
    invitation = null;
    document.title = "Sign in · Tenants";
    return;
  }
  frame = shell();
  root.replaceChildren(frame.node);
  router.setOutlet(frame.outlet);
  await router.show({ focus, allowed: can });
}

function changed(what, claims = {}) {
  if (what === "trouble") return tell(sentence(claims), "bad");
  if (what === "away") { away = tell("The server does not answer. This page tries again by itself.", "bad", Infinity); return undefined; }
  if (what === "back") return answers();
  if (what === "signed in") {
    const welcome = root.querySelector("main.welcome") !== null;
    return welcome ? draw({ focus: true }) : undefined;
  }
  if (what === "signed out") {
    router.leave();
    if (location.hash.startsWith("#/")) history.replaceState(null, "", location.pathname);
    tell("You are signed out.");
    return draw({ focus: true });
  }
  const words = change(claims.before, claims.now);
  if (words) tell(...words);
  if (claims.before.resident_id !== claims.now.resident_id) {
    history.replaceState(null, "", "#/");
    return draw({ focus: true });
  }
  hangUp();
  frame?.update();
  return router.show();
}

// What could not be had is asked for again.
function answers() {
  away?.remove();
  tell("The server answers again.", "good");
  for (const again of document.querySelectorAll("[data-key=again]")) again.click();
}

// What became of somebody while the page was open; nothing, where only a name is another.
function change(before, now) {
  if (now.actual_resident_id && !before.actual_resident_id) return [`You are in support mode in ${now.tenant_name}.`];
  if (before.actual_resident_id && !now.actual_resident_id) return ["Support mode has ended."];
  if (now.resident_id && now.resident_id !== before.resident_id) return [`You are in ${now.tenant_name} now.`, "good"];
  if (!now.resident_id) {
    const left = session.residencies.find((each) => each.id === before.resident_id);
    if (left?.status === "blocked_individual") return [`You have been blocked in ${left.tenant_name}.`, "bad"];
    if (left?.status === "blocked_tenant") return [`${left.tenant_name} has been deactivated.`, "bad"];
    return ["You are in no tenant now."];
  }
  const [had, has] = [before, now].map((claims) => claims.permissions ?? []);
  if (has.some((key) => !had.includes(key))) return ["You have a new licence here: see the menu.", "good"];
  return had.length > has.length ? ["Your licences have changed."] : null;
}

// Why a link of a mail did not work: the auth server says so behind the `#`, or in the query.
function takeFailure() {
  const told = new URLSearchParams(location.hash.startsWith("#/") ? "" : location.hash.slice(1));
  const asked = new URLSearchParams(location.search);
  const code = told.get("error_code") ?? asked.get("error_code");
  if (!code && !told.get("error") && !asked.get("error")) return "";
  history.replaceState(null, "", location.pathname);
  return code === "otp_expired"
    ? "This link was used before, or is too old. Ask for a new one."
    : told.get("error_description") ?? asked.get("error_description") ?? "The link did not work.";
}

// What the link of an invitation brings: nobody here asked for it, so whose it is is shown before it is used.
function takeTokens() {
  const told = new URLSearchParams(location.hash.slice(1));
  const tokens = { access_token: told.get("access_token"), refresh_token: told.get("refresh_token") };
  if (!tokens.access_token || !tokens.refresh_token) return null;
  history.replaceState(null, "", location.pathname);
  return tokens;
}

function plain(title, content) {
  root.replaceChildren(h("main.plain", { id: "content" }, h("h1", {}, title), content));
}

// The address stays that of the page.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  document.querySelector("#content")?.focus();
});

begin().catch((error) => {
  console.warn(error);
  plain("The server does not answer", [h("p", {}, "Check that it runs, then load this page again.")]);
});
