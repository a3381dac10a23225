// One to-do: its tree and its discussion.

import { h } from "../../dom.js";
import { ask } from "../../graphql.js";
import { can } from "../../session.js";
import { go } from "../../router.js";
import { badge, button, dialog, empty, heading, link, part, status, tell } from "../../ui.js";
import { discussion } from "./discussion.js";
import { edit, may, remove, tree } from "./tree.js";

const TODO = `query Todo($id: UUID!) {
  todo(id: $id) {
    id name description status type pinned isTemplate topicId rootTodoId
    parentTodo { id name } rootTodo { id name } resident { displayName } location { name city }
  }
}`;
const PIN = "mutation Pin($id: UUID!) { pinTodo(input: { _todoId: $id }) { todo { id } } }";
const UNPIN = "mutation Unpin($id: UUID!) { unpinTodo(input: { _todoId: $id }) { todo { id } } }";
const TEMPLATE = "mutation Template($id: UUID!) { makeTemplateFromTodo(input: { _todoId: $id }) { todo { id } } }";
const COPY = "mutation Copy($id: UUID!) { makeTodoFromTemplate(input: { _todoId: $id }) { todo { id } } }";

export default async function todo({ parameters: { id }, onLeave }) {
  const { todo: one } = await ask(TODO, { id });
  if (!one) return [heading("No to-do"), empty("This to-do is not there any more."), link("/tools/todo", "All lists")];
  const head = part(async () => top((await ask(TODO, { id })).todo, head));
  await head.ready;
  return [
    h("p.back", {}, link("/tools/todo", "Todo"), one.parentTodo && [" › ", link(`/tools/todo/${one.parentTodo.id}`, one.parentTodo.name)]),
    head,
    h("div.beside", {},
      h("section.card", { "aria-label": "Tasks" }, h("h2", {}, "Tasks"), tree(id, { root: one.rootTodoId, changed: () => head.refresh() })),
      can("p:discussions") && h("section.card", { "aria-label": "Discussion" }, h("h2", {}, "Discussion"), discussion(one.topicId, { onLeave }))),
  ];
}

function top(one, head) {
  if (!one) return empty("This to-do is not there any more.");
  const made = (mutation, name, words) => async () => {
    const { [name]: { todo: copy } } = await ask(mutation, { id: one.id });
    tell(words, "good");
    go(`/tools/todo/${copy.id}`);
  };
  const pin = button(one.pinned ? "Unpin" : "Pin", async () => { await ask(one.pinned ? UNPIN : PIN, { id: one.id }); await head.refresh(); }, { kind: "quiet", symbol: "pin", key: "pin" });
  const actions = [
    one.isTemplate && button("New list from this", made(COPY, "makeTodoFromTemplate", "Here is a list of your own."), { kind: "primary" }),
    !one.isTemplate && can("p:todo-admin") && button("Make template", made(TEMPLATE, "makeTemplateFromTodo", "Here is the template."), { kind: "quiet" }),
    !one.isTemplate && pin,
    may(one) && button("Edit", async () => { if (await edit(one)) await head.refresh(); }, { kind: "quiet", symbol: "pencil" }),
    may(one) && button("Delete", () => gone(one), { kind: "danger", symbol: "bin" }),
  ].filter(Boolean);
  return [
    heading(one.name, { lead: one.description ?? "", actions }),
    h("p.badges", {}, one.isTemplate ? badge("template", "note") : status(one.status), " ", one.resident && badge(one.resident.displayName), " ", one.location && badge([one.location.name, one.location.city].filter(Boolean).join(", "))),
  ];
}

async function gone(one) {
  const sure = await dialog({
    title: `Delete ${one.name}?`, text: "Every task in it is deleted too.", submit: "Delete", danger: true,
    send: () => remove(one.id),
  });
  if (sure) go(one.parentTodo ? `/tools/todo/${one.parentTodo.id}` : "/tools/todo");
}
