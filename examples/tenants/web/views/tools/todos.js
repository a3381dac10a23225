// To-do lists of the tenant, and templates of them.

import { h } from "../../dom.js";
import { ask } from "../../graphql.js";
import { can } from "../../session.js";
import { go } from "../../router.js";
import { LIMIT, badge, button, choice, dialog, firsts, heading, part, search, status } from "../../ui.js";
import { create } from "./tree.js";

const SEARCH = `query Todos($options: SearchTodosOptionInput) {
  searchTodosList(_options: $options) {
    id name description status pinned resident { displayName } childTodos { totalCount }
  }
}`;

export default function todos({ memory }) {
  const asked = (memory.asked ??= { searchTerm: "", isTemplate: false });
  const shown = part(() => load(asked));
  const switchTo = (kind) => { asked.isTemplate = kind === "templates"; return shown.refresh(); };
  return [
    heading("Todo", { lead: "What there is to do", actions: [button("New list", () => begin(asked), { kind: "primary", symbol: "plus" })] }),
    h("div.filters", {},
      search("Search", asked, shown),
      choice("Show", [["lists", "Lists"], ["templates", "Templates"]], asked.isTemplate ? "templates" : "lists", switchTo)),
    shown,
  ];
}

async function load({ searchTerm, isTemplate }) {
  const { searchTodosList: found } = await ask(SEARCH, { options: { searchTerm, isTemplate, rootsOnly: true, pagingOptions: { itemLimit: LIMIT + 1 } } });
  return firsts(found.map((todo) => ({
    title: todo.name,
    detail: todo.description,
    badges: [
      todo.pinned && badge("pinned", "note"),
      todo.childTodos.totalCount > 0 && badge(`${todo.childTodos.totalCount} task${todo.childTodos.totalCount === 1 ? "" : "s"}`),
      todo.resident && badge(todo.resident.displayName),
      !isTemplate && status(todo.status),
    ].filter(Boolean),
    route: `/tools/todo/${todo.id}`,
    kind: todo.status === "COMPLETE" ? "done" : "",
  })), searchTerm ? "Nothing fits." : isTemplate ? "No template yet. Make one from a list." : "Nothing to do. Begin a list.");
}

async function begin({ isTemplate }) {
  let made = null;
  const template = isTemplate && can("p:todo-admin");
  const sent = await dialog({
    title: template ? "New template" : "New list",
    fields: [
      { name: "name", label: "Name", required: true, minlength: 3, autocomplete: "off" },
      { name: "description", label: "Description", type: "area" },
    ],
    submit: "Create",
    send: async ({ name, description }) => {
      made = await create(name, { description: description || null, isTemplate: template });
    },
  });
  if (sent) go(`/tools/todo/${made.id}`);
}
