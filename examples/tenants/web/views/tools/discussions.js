// What the tenant talks about.

import { ask } from "../../graphql.js";
import { go } from "../../router.js";
import { badge, button, dialog, heading, list, part, status } from "../../ui.js";

const TOPICS = `query Topics {
  topicsList(orderBy: [CREATED_AT_DESC], first: 200) {
    id name status messages { totalCount } subscribersList(first: 8) { msgResident { displayName } }
  }
}`;
const BEGIN = "mutation Begin($name: String!) { upsertTopic(input: { _topicInfo: { name: $name } }) { topic { id } } }";

export default function discussions() {
  return [
    heading("Discussions", { lead: "What is talked about", actions: [button("New topic", begin, { kind: "primary", symbol: "plus" })] }),
    part(async () => {
      const { topicsList: topics } = await ask(TOPICS);
      return list(topics.map((topic) => ({
        title: topic.name,
        detail: topic.subscribersList.map((each) => each.msgResident?.displayName).filter(Boolean).join(", "),
        badges: [badge(`${topic.messages.totalCount} message${topic.messages.totalCount === 1 ? "" : "s"}`), topic.status !== "OPEN" && status(topic.status)].filter(Boolean),
        route: `/tools/discussions/${topic.id}`,
      })), "Nobody has said anything yet. Begin a topic.");
    }),
  ];
}

async function begin() {
  let id = "";
  const sent = await dialog({
    title: "New topic",
    fields: [{ name: "name", label: "What is it about?", required: true, autocomplete: "off" }],
    submit: "Begin",
    send: async ({ name }) => { id = (await ask(BEGIN, { name })).upsertTopic.topic.id; },
  });
  if (sent) go(`/tools/discussions/${id}`);
}
