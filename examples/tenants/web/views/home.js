// The start: where one is, what one can do there, and invitations that wait.

import { h, icon } from "../dom.js";
import { session } from "../session.js";
import { modules, symbolOf } from "../shell.js";
import { empty, heading, link } from "../ui.js";
import { residencies } from "./profile.js";

export default function home() {
  const { tenant_name: tenant, display_name: name } = session.claims;
  const invited = session.residencies.filter((each) => each.status === "invited");
  return [
    heading(tenant ? `Hello, ${name}` : "You are in no tenant", {
      lead: tenant ? `You work in ${tenant}.` : "Choose one below, or wait for somebody to invite you.",
    }),
    tenant && invited.length > 0 && h("section.card", {}, h("h2", {}, "Invitations"), residencies(invited)),
    tenant ? tools() : residencies(session.residencies),
  ];
}

function tools() {
  const found = modules();
  if (found.length === 0) return empty("You have no licence here yet. An admin of the tenant can give you one.");
  return h("ul.tiles", { "aria-label": "Tools" }, found.flatMap((module) => module.tools.map((tool) => h("li", {},
    link(tool.route, icon(symbolOf(tool)), h("span", {}, tool.name, tool.name !== module.name && h("small", {}, module.name)))))));
}
