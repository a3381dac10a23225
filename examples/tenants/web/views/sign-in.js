// DemoAppTenants: be somebody of the demonstration, by a link that comes by mail.

import { h } from "../dom.js";
import { Refusal } from "../errors.js";
import { payload, rpc, session } from "../session.js";
import { attempt, button, empty, field, form, part, status } from "../ui.js";

export default function signIn(invitation = null) {
  const sent = h("div", { "aria-live": "polite" });
  return [
    h("header.hero", {},
      h("img", { src: "icon.svg", alt: "", width: 56, height: 56 }),
      h("h1", { tabindex: "-1" }, "Tenants"),
      h("p.lead", {}, "Tenants, licences and permissions: to-do lists, discussions, incidents and an address book, each for those who have a licence.")),
    invitation && invited(invitation),
    sent,
    h("section.card", { "aria-labelledby": "demo" },
      h("h2", { id: "demo" }, "Be somebody of the demonstration"),
      h("p.lead", {}, "Choose a person. A link to sign in arrives in the inbox of this server."),
      part(async () => people(await rpc("demo_profile_residencies"), sent))),
    h("section.card", { "aria-labelledby": "own" },
      h("h2", { id: "own" }, "Or use an address of your own"),
      form([field({ name: "email", label: "E-mail address", type: "email", required: true, autocomplete: "email" })], {
        submit: "Send me a link",
        kind: "inline",
        send: ({ email }) => send(email, sent),
      })),
  ];
}

// Somebody was invited by mail.
function invited(tokens) {
  const { email } = payload(tokens.access_token);
  return h("section.sent", { "aria-labelledby": "invited" },
    h("h2", { id: "invited" }, "You are invited"),
    h("p", {}, "This link is for ", h("strong", {}, email), "."),
    h("div.actions", {}, button(`Sign in as ${email}`, async () => {
      const { error } = await session.client.auth.setSession(tokens);
      if (error) throw new Refusal(error.message, { code: error.code, status: error.status });
    }, { kind: "primary" })));
}

// The people of each tenant.
function people(residents, sent) {
  if (residents.length === 0) return empty("This server shows no demonstration. Use an address of your own.");
  const tenants = Map.groupBy(residents, (each) => each.tenant_name);
  return h("div.tenants", {}, [...tenants].map(([tenant, those]) => h("section", {},
    h("h3", {}, tenant),
    h("ul.people", {}, those.map((each) => h("li", {},
      h("div", {}, h("strong", {}, each.display_name), each.status !== "active" && [" ", status(each.status)], h("p", {}, each.email)),
      button("Sign in", () => send(each.email, sent), { label: `Sign in as ${each.display_name} in ${tenant}`, key: each.id })))))));
}

async function send(email, sent) {
  const { error } = await session.client.auth.signInWithOtp({
    email,
    options: { emailRedirectTo: `${location.origin}${location.pathname}${location.hash}` },
  });
  if (error) throw new Refusal(error.message, { code: error.code, status: error.status });
  const again = button("Send it again", () => attempt(() => send(email, sent)), { kind: "quiet" });
  sent.replaceChildren(h("div.sent", {},
    h("h2", { tabindex: "-1" }, "A link is on its way"),
    h("p", {}, "It goes to ", h("strong", {}, email), ". Open it in this browser: it signs in who asked for it."),
    h("div.actions", {}, again, h("a.button.primary", { href: "/inbox#latest", target: "_blank", rel: "noopener" }, "Open the inbox"))));
  sent.querySelector("h2").focus();
  sent.scrollIntoView({ block: "nearest" });
}
