// One topic: what is said, newest last, as it is said; and a place to say something.

import { h } from "../../dom.js";
import { ask, listen } from "../../graphql.js";
import { can, session } from "../../session.js";
import { button, empty, field, form, moment, part } from "../../ui.js";

const AGAIN_SECONDS = [2, 15];
const AT_ONCE = 100; // messages that are asked for together
const KEPT = 500; // messages on the page, of a discussion that goes on and on
const NEAR = 80; // pixels from the end, within which one reads what is new

const MESSAGE = "id content status createdAt postedByMsgResidentId postedByMsgResident { displayName }";
const TOPIC = `query Topic($id: UUID!, $offset: Int!) {
  topic(id: $id) {
    id name status messagesList(orderBy: [CREATED_AT_DESC, ID_DESC], first: ${AT_ONCE}, offset: $offset) { ${MESSAGE} }
  }
}`;
const SAY = `mutation Say($topic: UUID!, $content: String!) {
  upsertMessage(input: { _messageInfo: { topicId: $topic, content: $content } }) { message { ${MESSAGE} } }
}`;
const DELETE = `mutation Delete($id: UUID!) { deleteMessage(input: { _messageId: $id }) { message { ${MESSAGE} } } }`;
const LIVE = `subscription Live($topic: UUID!) { topicMessage(topicId: $topic) { event message { ${MESSAGE} } } }`;

// Messages of a topic, the newest first.
const fetched = async (id, offset = 0) => (await ask(TOPIC, { id, offset })).topic;

// `onLeave` ends listening.
export function discussion(id, { onLeave }) {
  let open = null; // the topic's status, as it is drawn
  const said = transcript(async () => said.begin((await fetched(id, said.count()))?.messagesList ?? []));
  const shown = part(async () => {
    const topic = await fetched(id);
    if (!topic) return empty("This discussion is not for you, or not there any more.");
    open = topic.status;
    said.draw(topic.messagesList);
    return [said.nodes, composer(topic, said.add)];
  });
  // What was said before the socket listened, or while it was lost.
  const catchUp = async () => {
    const topic = await fetched(id).catch(() => null);
    if (!topic || open === null) return;
    if (topic.status !== open || !said.reaches(topic.messagesList)) await shown.refresh();
    else topic.messagesList.filter((one) => !said.knows(one)).forEach(said.add);
  };
  onLeave(listen(LIVE, { topic: id }, ({ topicMessage }) => said.add(topicMessage?.message), catchUp));
  const soon = setTimeout(catchUp, AGAIN_SECONDS[0] * 1000);
  const often = setInterval(() => document.hidden || catchUp(), AGAIN_SECONDS[1] * 1000);
  onLeave(() => { clearTimeout(soon); clearInterval(often); });
  return shown;
}

// What was said, in the order in which it was. Each message stands once, though it may come as an answer and as an event.
function transcript(askEarlier) {
  const list = h("ol.messages", { "aria-label": "Messages", "aria-live": "polite", tabindex: "0" });
  const nothing = empty("Nothing has been said yet. Begin.");
  const earlier = button("Earlier messages", askEarlier, { kind: "quiet" });
  const find = (one) => list.querySelector(`[data-id="${CSS.escape(one.id)}"]`);
  const toEnd = () => { list.scrollTop = list.scrollHeight; };
  const place = (one) => {
    const node = message(one, add);
    const later = [...list.children].find((other) => other.dataset.at > one.createdAt);
    if (find(one)) find(one).replaceWith(node);
    else list.insertBefore(node, later ?? null);
  };
  const settle = () => { nothing.hidden = list.children.length > 0; list.hidden = !nothing.hidden; };
  const add = (one) => {
    if (!one) return;
    const follow = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR || (isMine(one) && !find(one));
    place(one);
    settle();
    if (!follow) return;
    while (list.children.length > KEPT) { list.firstChild.remove(); earlier.hidden = false; }
    toEnd();
  };
  const draw = (messages) => {
    list.replaceChildren(...messages.map((one) => message(one, add)).reverse());
    earlier.hidden = messages.length < AT_ONCE;
    settle();
    requestAnimationFrame(toEnd);
  };
  // Those before what stands here, which stays where it is.
  const begin = (messages) => {
    const below = list.scrollHeight - list.scrollTop;
    messages.forEach(place);
    list.scrollTop = list.scrollHeight - below;
    earlier.hidden = messages.length < AT_ONCE;
    if (earlier.hidden) list.focus({ preventScroll: true });
  };
  const knows = (one) => find(one)?.dataset.status === one.status;
  const reaches = (messages) => messages.length < AT_ONCE || messages.some(find);
  return { nodes: [earlier, list, nothing], count: () => list.children.length, add, draw, begin, knows, reaches };
}

const isMine = (one) => one.postedByMsgResidentId === session.claims.resident_id;

function message(one, add) {
  const mine = isMine(one);
  const removable = mine && one.status !== "DELETED";
  return h(`li${mine ? ".mine" : ""}`, { "data-id": one.id, "data-at": one.createdAt, "data-status": one.status },
    removable && button("", async () => add((await ask(DELETE, { id: one.id })).deleteMessage.message), { kind: "bare", symbol: "bin", label: `Delete “${one.content.slice(0, 40)}”`, key: `delete ${one.id}` }),
    h("p.by", {}, h("strong", {}, mine ? "You" : one.postedByMsgResident?.displayName ?? "Somebody"), " ", moment(one.createdAt, { dateStyle: "short", timeStyle: "short" })),
    h("p.said", {}, one.status === "DELETED" ? h("em", {}, "This message was deleted.") : one.content));
}

function composer(topic, add) {
  if (topic.status === "CLOSED") return empty("This discussion is closed.");
  if (topic.status === "LOCKED" && !can("p:discussions-admin")) return empty("Only those who look after discussions may write here.");
  return form([field({ name: "content", label: "Say something", required: true, autocomplete: "off", maxlength: 2000 })], {
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
