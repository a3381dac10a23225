// To-do lists of the tenant, and templates of them.

import { h } from "../../dom.js";
import { ask } from "../../graphql.js";
import { can } from "../../session.js";
import { go } from "../../router.js";
import { badge, button, choice, dialog, heading, list, part, search, status } from "../../ui.js";
import { create } from "./tree.js";

const SEARCH = `query Todos($options: SearchTodosOptionInput) {
  searchTodosList(_options: $options, first: 200) {
    id name description status pinned resident { displayName } childTodos { totalCount }
  }
}`;

export default function todos() {
  const asked = { searchTerm: "", isTemplate: false };
  const shown = part(() => load(asked));
  const again = (more) => { Object.assign(asked, more); shown.refresh(); };
  return [
    heading("Todo", { lead: "What there is to do", actions: [button("New list", () => begin(asked), { kind: "primary", symbol: "plus" })] }),
    h("div.filters", {},
      search("Search", (searchTerm) => again({ searchTerm })),
      choice("Show", [["lists", "Lists"], ["templates", "Templates"]], "lists", (kind) => again({ isTemplate: kind === "templates" }))),
    shown,
  ];
}

async function load({ searchTerm, isTemplate }) {
  const { searchTodosList: found } = await ask(SEARCH, { options: { searchTerm, isTemplate, rootsOnly: true } });
  return list(found.map((todo) => ({
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
