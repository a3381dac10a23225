// What the tenant talks about.

import { ask } from "../../graphql.js";
import { go } from "../../router.js";
import { LIMIT, badge, button, dialog, firsts, heading, part, search, status } from "../../ui.js";

const SEARCH = `query Topics($options: SearchTopicsOptionInput) {
  searchTopicsList(_options: $options) {
    id name status messages { totalCount } subscribersList(first: 8) { msgResident { displayName } }
  }
}`;
const BEGIN = "mutation Begin($name: String!) { upsertTopic(input: { _topicInfo: { name: $name } }) { topic { id } } }";

export default function discussions({ memory }) {
  const asked = (memory.asked ??= { searchTerm: "" });
  const shown = part(() => load(asked));
  return [
    heading("Discussions", { lead: "What is talked about", actions: [button("New topic", begin, { kind: "primary", symbol: "plus" })] }),
    search("Search", asked, shown),
    shown,
  ];
}

async function load({ searchTerm }) {
  const { searchTopicsList: found } = await ask(SEARCH, { options: { searchTerm, pagingOptions: { itemLimit: LIMIT + 1 } } });
  return firsts(found.map((topic) => ({
    title: topic.name,
    detail: topic.subscribersList.map((each) => each.msgResident?.displayName).filter(Boolean).join(", "),
    badges: [badge(`${topic.messages.totalCount} message${topic.messages.totalCount === 1 ? "" : "s"}`), topic.status !== "OPEN" && status(topic.status)].filter(Boolean),
    route: `/tools/discussions/${topic.id}`,
  })), searchTerm ? "Nothing fits." : "Nobody has said anything yet. Begin a topic.");
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
