// One topic: what is said, newest last, as it is said; and a place to say something.

import { h } from "../../dom.js";
import { ask, listen } from "../../graphql.js";
import { can, session } from "../../session.js";
import { empty, field, form, moment, part } from "../../ui.js";

const MESSAGE = "id content status createdAt postedByMsgResidentId postedByMsgResident { displayName }";
const TOPIC = `query Topic($id: UUID!) {
  topic(id: $id) { id name status messagesList(orderBy: [CREATED_AT_ASC, ID_ASC]) { ${MESSAGE} } }
}`;
const SAY = `mutation Say($topic: UUID!, $content: String!) {
  upsertMessage(input: { _messageInfo: { topicId: $topic, content: $content } }) { message { ${MESSAGE} } }
}`;
const LIVE = `subscription Live($topic: UUID!) { topicMessage(topicId: $topic) { event message { ${MESSAGE} } } }`;

// `onLeave` ends listening.
export function discussion(id, { onLeave }) {
  const said = h("ol.messages", { "aria-label": "Messages", "aria-live": "polite" });
  const shown = part(async () => {
    const { topic } = await ask(TOPIC, { id });
    if (!topic) return empty("This discussion is not for you, or not there any more.");
    said.replaceChildren(...topic.messagesList.map(message));
    none();
    return [said, nothing, composer(topic, add)];
  });
  const nothing = empty("Nothing has been said yet. Begin.");
  const none = () => { nothing.hidden = said.children.length > 0; said.hidden = !nothing.hidden; };
  // A message may come twice: as the answer to who said it, and as an event. It stands once.
  const add = (one) => {
    if (!one) return;
    const old = said.querySelector(`[data-id="${CSS.escape(one.id)}"]`);
    if (old) old.replaceWith(message(one));
    else said.append(message(one));
    none();
    said.lastElementChild.scrollIntoView({ block: "nearest" });
  };
  onLeave(listen(LIVE, { topic: id }, ({ topicMessage }) => add(topicMessage?.message)));
  return shown;
}

function message(one) {
  const mine = one.postedByMsgResidentId === session.claims.resident_id;
  return h(`li${mine ? ".mine" : ""}`, { "data-id": one.id },
    h("p.by", {}, h("strong", {}, mine ? "You" : one.postedByMsgResident?.displayName ?? "Somebody"), " ", moment(one.createdAt, { dateStyle: "short", timeStyle: "short" })),
    h("p.said", {}, one.status === "DELETED" ? h("em", {}, "This message was deleted.") : one.content));
}

function composer(topic, add) {
  if (topic.status === "CLOSED") return empty("This discussion is closed.");
  if (topic.status === "LOCKED" && !can("p:discussions-admin")) return empty("Only those who look after discussions may write here.");
  return form([field({ name: "content", label: "Say something", required: true, autocomplete: "off" })], {
    submit: "Send",
    kind: "inline",
    send: async ({ content }, node) => {
      const { upsertMessage } = await ask(SAY, { topic: topic.id, content });
      add(upsertMessage.message);
      node.reset();
      node.elements.content.focus();
    },
  });
}
