// One discussion on a page of its own.

import { h } from "../../dom.js";
import { ask } from "../../graphql.js";
import { can } from "../../session.js";
import { go, show } from "../../router.js";
import { button, dialog, empty, heading, link } from "../../ui.js";
import { discussion } from "./discussion.js";

const TOPIC = `query Topic($id: UUID!) {
  topic(id: $id) { id name status todosList(first: 1) { id name } incidentsList(first: 1) { id name } }
}`;
const STATUS = `mutation Status($id: UUID!, $status: TopicStatus!) {
  upsertTopic(input: { _topicInfo: { id: $id, status: $status } }) { topic { id } }
}`;
const DELETE = "mutation Delete($id: UUID!) { deleteTopic(input: { _topicId: $id }) { boolean } }";

export default async function topic({ parameters: { id }, onLeave }) {
  const { topic: one } = await ask(TOPIC, { id });
  const back = h("p.back", {}, link("/tools/discussions", "Discussions"));
  if (!one) return [back, heading("No discussion"), empty("This discussion is not for you, or not there any more.")];
  return [
    back,
    heading(one.name, { lead: about(one), actions: can("p:discussions-admin") ? care(one) : [] }),
    h("section.card", { "aria-label": "Discussion" }, discussion(id, { onLeave })),
  ];
}

// What it came with.
function about({ todosList: [todo], incidentsList: [incident] }) {
  if (incident && can("p:incidents")) return ["About ", link(`/tools/incidents/${incident.id}`, incident.name)];
  return todo && can("p:todo") ? ["About ", link(`/tools/todo/${todo.id}`, todo.name)] : "";
}

function care({ id, name, status }) {
  const open = status === "OPEN";
  return [
    button(open ? "Close" : "Open again", async () => { await ask(STATUS, { id, status: open ? "CLOSED" : "OPEN" }); await show(); }, { kind: "quiet", key: "open or closed" }),
    button("Delete", async () => {
      const sure = await dialog({
        title: `Delete ${name}?`, text: "Everything that was said in it is gone.", submit: "Delete", danger: true,
        send: () => ask(DELETE, { id }),
      });
      if (sure) go("/tools/discussions");
    }, { kind: "danger", symbol: "bin" }),
  ];
}
