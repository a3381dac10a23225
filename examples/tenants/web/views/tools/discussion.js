// One topic: what is said, newest last, as it is said; and a place to say something.

import { h } from "../../dom.js";
import { ask, listen } from "../../graphql.js";
import { can, session } from "../../session.js";
import { button, empty, field, form, moment, part } from "../../ui.js";

const AGAIN_SECONDS = [2, 15];

const MESSAGE = "id content status createdAt postedByMsgResidentId postedByMsgResident { displayName }";
const TOPIC = `query Topic($id: UUID!) {
  topic(id: $id) { id name status messagesList(orderBy: [CREATED_AT_ASC, ID_ASC]) { ${MESSAGE} } }
}`;
const SAY = `mutation Say($topic: UUID!, $content: String!) {
  upsertMessage(input: { _messageInfo: { topicId: $topic, content: $content } }) { message { ${MESSAGE} } }
}`;
const DELETE = `mutation Delete($id: UUID!) { deleteMessage(input: { _messageId: $id }) { message { ${MESSAGE} } } }`;
const LIVE = `subscription Live($topic: UUID!) { topicMessage(topicId: $topic) { event message { ${MESSAGE} } } }`;

// `onLeave` ends listening.
export function discussion(id, { onLeave }) {
  const said = h("ol.messages", { "aria-label": "Messages", "aria-live": "polite", tabindex: "0" });
  const toEnd = () => { said.scrollTop = said.scrollHeight; };
  const shown = part(async () => {
    const { topic } = await ask(TOPIC, { id });
    if (!topic) return empty("This discussion is not for you, or not there any more.");
    said.replaceChildren(...topic.messagesList.map((one) => message(one, add)));
    none();
    requestAnimationFrame(toEnd);
    return [said, nothing, composer(topic, add)];
  });
  const nothing = empty("Nothing has been said yet. Begin.");
  const none = () => { nothing.hidden = said.children.length > 0; said.hidden = !nothing.hidden; };
  // A message may come twice: as the answer to who said it, and as an event. It stands once.
  const add = (one) => {
    if (!one) return;
    const old = said.querySelector(`[data-id="${CSS.escape(one.id)}"]`);
    if (old) old.replaceWith(message(one, add));
    else said.append(message(one, add));
    none();
    if (!old) toEnd();
  };
  // What was said before the socket listened, or while it was lost.
  const catchUp = async () => {
    const { topic } = await ask(TOPIC, { id }).catch(() => ({}));
    const known = new Set([...said.children].map((node) => `${node.dataset.id} ${node.dataset.status}`));
    for (const one of topic?.messagesList ?? []) if (!known.has(`${one.id} ${one.status}`)) add(one);
  };
  onLeave(listen(LIVE, { topic: id }, ({ topicMessage }) => add(topicMessage?.message), catchUp));
  const soon = setTimeout(catchUp, AGAIN_SECONDS[0] * 1000);
  const often = setInterval(() => document.hidden || catchUp(), AGAIN_SECONDS[1] * 1000);
  onLeave(() => { clearTimeout(soon); clearInterval(often); });
  return shown;
}

function message(one, add) {
  const mine = one.postedByMsgResidentId === session.claims.resident_id;
  const removable = one.status !== "DELETED" && (mine || can("p:discussions-admin"));
  return h(`li${mine ? ".mine" : ""}`, { "data-id": one.id, "data-status": one.status },
    removable && button("", async () => add((await ask(DELETE, { id: one.id })).deleteMessage.message), { kind: "bare", symbol: "bin", label: `Delete “${one.content.slice(0, 40)}”`, key: `delete ${one.id}` }),
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
