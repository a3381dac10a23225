// What happened, where; and templates of it.

import { h } from "../../dom.js";
import { ask } from "../../graphql.js";
import { go } from "../../router.js";
import { LIMIT, badge, button, choice, dialog, firsts, heading, part, search, status } from "../../ui.js";

const SEARCH = `query Incidents($options: SearchIncidentsOptionInput) {
  searchIncidentsList(_options: $options) { id name description status isTemplate location { name city } }
}`;
const CREATE = "mutation Create($info: IncidentInfoInput!) { createIncident(input: { _incidentInfo: $info }) { incident { id } } }";

export default function incidents({ memory }) {
  const asked = (memory.asked ??= { searchTerm: "", isTemplate: false });
  const shown = part(() => load(asked));
  const switchTo = (kind) => { asked.isTemplate = kind === "templates"; return shown.refresh(); };
  return [
    heading("Incidents", { lead: "What happened, and what is done about it", actions: [button("Report", report, { kind: "primary", symbol: "plus" })] }),
    h("div.filters", {},
      search("Search", asked, shown),
      choice("Show", [["incidents", "Incidents"], ["templates", "Templates"]], asked.isTemplate ? "templates" : "incidents", switchTo)),
    shown,
  ];
}

async function load({ searchTerm, isTemplate }) {
  const { searchIncidentsList: found } = await ask(SEARCH, { options: { searchTerm, isTemplate, pagingOptions: { itemLimit: LIMIT + 1 } } });
  return firsts(found.map((incident) => ({
    title: incident.name,
    detail: incident.description,
    badges: [
      incident.location && badge([incident.location.name, incident.location.city].filter(Boolean).join(", ")),
      !isTemplate && status(incident.status),
    ].filter(Boolean),
    route: `/tools/incidents/${incident.id}`,
  })), searchTerm ? "Nothing fits." : isTemplate ? "No template yet. Make one from an incident." : "Nothing has happened.");
}

async function report() {
  let id = "";
  const sent = await dialog({
    title: "Report an incident",
    fields: [
      { name: "name", label: "What happened?", required: true, minlength: 3, autocomplete: "off" },
      { name: "description", label: "Description", type: "area" },
      { name: "place", label: "Where?", autocomplete: "off" },
      { name: "city", label: "City", autocomplete: "address-level2" },
    ],
    submit: "Report",
    send: async ({ name, description, place, city }) => {
      const location = place ? { name: place, city: city || null } : null;
      id = (await ask(CREATE, { info: { name, description: description || null, location } })).createIncident.incident.id;
    },
  });
  if (sent) go(`/tools/incidents/${id}`);
}
