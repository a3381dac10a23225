// What is installed: applications with the navigation and the licences they bring.

import { h } from "../../dom.js";
import { from, rows } from "../../session.js";
import { badge, heading, part } from "../../ui.js";
import { keys } from "../admin/subscriptions.js";

const APPLICATIONS = `key, name, module(key, name, ordinal, tool(key, name, route, ordinal)),
  license_type(key, display_name, assignment_scope, license_type_permission(permission_key))`;

export default function applications() {
  return [heading("Applications", { lead: "What is installed here" }), part(async () => {
    const found = await rows(from("app", "application").select(APPLICATIONS).order("name"));
    return found.map(({ name, key, module: modules, license_type: licenses }) => h("section.card", {},
      h("h2", {}, name, " ", h("code", {}, key)),
      h("h3", {}, "Tools"),
      h("ul.rows", {}, modules.sort((a, b) => b.ordinal - a.ordinal).map((module) => h("li", {},
        h("div.what", {}, h("strong", {}, module.name), h("p", {}, module.tool.map((tool) => tool.name).join(", "))),
        h("div.badges", {}, badge(`${module.tool.length} tool${module.tool.length === 1 ? "" : "s"}`))))),
      h("h3", {}, "Licence types"),
      h("ul.rows", {}, licenses.map((type) => h("li", {},
        h("div.what", {}, h("strong", {}, type.display_name),
          h("p.keys", {}, keys(type))),
        h("div.badges", {}, badge(type.assignment_scope)))))));
  })];
}
