// One incident: where, what is done about it, what is said about it.

import { h } from "../../dom.js";
import { ask } from "../../graphql.js";
import { can } from "../../session.js";
import { go } from "../../router.js";
import { badge, button, choice, dialog, empty, facts, heading, link, part, moment, tell, attempt } from "../../ui.js";
import { discussion } from "./discussion.js";
import { tree } from "./tree.js";

const INCIDENT = `query Incident($id: UUID!) {
  incident(id: $id) {
    id name description identifier status isTemplate todoId topicId createdAt
    createdByResident { displayName } location { name address1 city state postalCode lat lon }
  }
}`;
const UPDATE = `mutation Update($id: UUID!, $name: String!, $description: String) {
  updateIncident(input: { _incidentId: $id, _name: $name, _description: $description }) { incident { id } }
}`;
const STATUS = `mutation Status($id: UUID!, $status: IncidentStatus!) {
  updateIncidentStatus(input: { _incidentId: $id, _status: $status }) { incident { id } }
}`;
const DELETE = "mutation Delete($id: UUID!) { deleteIncident(input: { _incidentId: $id }) { boolean } }";
const TEMPLATE = "mutation Template($id: UUID!) { templatizeIncident(input: { _incidentId: $id }) { incident { id } } }";
const COPY = "mutation Copy($id: UUID!) { cloneIncidentTemplate(input: { _incidentId: $id }) { incident { id } } }";
const STATES = [["OPEN", "Open"], ["PENDING", "Pending"], ["CLOSED", "Closed"]];

export default async function incident({ parameters: { id }, onLeave }) {
  const { incident: one } = await ask(INCIDENT, { id });
  const back = h("p.back", {}, link("/tools/incidents", "Incidents"));
  if (!one) return [back, heading("No incident"), empty("This incident is not for you, or not there any more.")];
  const head = part(async () => top((await ask(INCIDENT, { id })).incident, head));
  await head.ready;
  return [
    back,
    head,
    h("div.beside", {},
      can("p:todo") && h("section.card", { "aria-label": "Tasks" }, h("h2", {}, "Tasks"), tree(one.todoId, { root: one.todoId })),
      can("p:discussions") && h("section.card", { "aria-label": "Discussion" }, h("h2", {}, "Discussion"), discussion(one.topicId, { onLeave }))),
  ];
}

function top(one, head) {
  const place = one.location;
  return [
    heading(one.name, { lead: one.description ?? "", actions: actions(one, head) }),
    one.isTemplate ? badge("template", "note") : choice("Status", STATES, one.status, (status) => attempt(() => ask(STATUS, { id: one.id, status }), "The status is changed.").then(() => head.refresh())),
    facts([
      ["Reported by", one.createdByResident?.displayName],
      ["At", moment(one.createdAt)],
      ["Where", place && [place.name, place.address1, [place.postalCode, place.city, place.state].filter(Boolean).join(" ")].filter(Boolean).join(", ")],
    ]),
  ];
}

function actions(one, head) {
  const made = (mutation, name) => async () => {
    const { [name]: { incident: copy } } = await ask(mutation, { id: one.id });
    tell("Here is the copy.", "good");
    go(`/tools/incidents/${copy.id}`);
  };
  const admin = can("p:incidents-admin");
  return [
    one.isTemplate && button("Report from this", made(COPY, "cloneIncidentTemplate"), { kind: "primary" }),
    !one.isTemplate && admin && button("Make template", made(TEMPLATE, "templatizeIncident"), { kind: "quiet" }),
    (admin || !one.isTemplate) && button("Edit", async () => { if (await edit(one)) await head.refresh(); }, { kind: "quiet", symbol: "pencil" }),
    admin && button("Delete", async () => { if (await gone(one)) go("/tools/incidents"); }, { kind: "danger", symbol: "bin" }),
  ].filter(Boolean);
}

const edit = (one) => dialog({
  title: "Edit",
  fields: [{ name: "name", label: "What happened?", value: one.name, required: true, minlength: 3 }, { name: "description", label: "Description", type: "area", value: one.description ?? "" }],
  submit: "Save",
  send: ({ name, description }) => ask(UPDATE, { id: one.id, name, description: description || null }),
});

const gone = (one) => dialog({
  title: `Delete ${one.name}?`, text: "Its tasks and its discussion are deleted too.", submit: "Delete", danger: true,
  send: () => ask(DELETE, { id: one.id }),
});
