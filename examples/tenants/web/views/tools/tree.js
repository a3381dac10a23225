// A tree of to-dos: shown whole, each node ticked off, given to somebody, divided, removed.

import { h } from "../../dom.js";
import { ask } from "../../graphql.js";
import { can } from "../../session.js";
import { badge, button, dialog, empty, form, field, part } from "../../ui.js";

const TREE = `query Tree($root: UUID!) {
  todosList(condition: { rootTodoId: $root }, orderBy: [ORDINAL_ASC, CREATED_AT_ASC]) {
    id parentTodoId rootTodoId name description status type ordinal isTemplate
    resident { residentId displayName }
  }
  tenantResidentsList { residentId displayName }
}`;
const CREATE = `mutation Create($name: String!, $options: CreateTodoOptionInput) {
  createTodo(input: { _name: $name, _options: $options }) { todo { id } }
}`;
const UPDATE = `mutation Update($id: UUID!, $name: String!, $description: String) {
  updateTodo(input: { _todoId: $id, _name: $name, _description: $description }) { todo { id } }
}`;
const STATUS = `mutation Status($id: UUID!, $status: TodoStatus!) {
  updateTodoStatus(input: { _todoId: $id, _status: $status }) { todo { id } }
}`;
const ASSIGN = `mutation Assign($id: UUID!, $resident: UUID) {
  assignTodo(input: { _todoId: $id, _residentId: $resident }) { todo { id } }
}`;
const DELETE = "mutation Delete($id: UUID!) { deleteTodo(input: { _todoId: $id }) { boolean } }";

export const create = (name, options) => ask(CREATE, { name, options }).then(({ createTodo }) => createTodo.todo);
export const remove = (id) => ask(DELETE, { id });

// Templates are for those to change who may make some.
export const may = (todo) => !todo.isTemplate || can("p:todo-admin");

// The tree below one to-do, that one included or not; `changed()` is called after each change.
export function tree(top, { root, changed = () => {} }) {
  const shown = part(async () => {
    const { todosList: all, tenantResidentsList: people } = await ask(TREE, { root });
    const act = (what) => async (...given) => { await what(...given); await shown.refresh(); changed(); };
    const below = Map.groupBy(all, (todo) => todo.parentTodoId);
    const one = all.find((todo) => todo.id === top);
    if (!one) return empty("This to-do is not there any more.");
    return h("div.tree", {},
      branch(below, one, { people, act, level: 0 }),
      may(one) && form([field({ name: "name", label: `New task in ${one.name}`, required: true, minlength: 3, autocomplete: "off" })], {
        submit: "Add",
        kind: "inline",
        send: async ({ name }, node) => {
          await create(name, { parentTodoId: top });
          node.reset();
          await act(async () => {})();
          shown.querySelector(".tree > form input")?.focus();
        },
      }));
  });
  return shown;
}

function branch(below, parent, options) {
  const children = below.get(parent.id) ?? [];
  if (children.length === 0) return options.level === 0 ? empty(may(parent) ? "No task yet. Add the first one." : "No task yet.") : null;
  return h("ul.branch", {}, children.map((todo) => h("li", {}, node(todo, below, options), branch(below, todo, { ...options, level: options.level + 1 }))));
}

function node(todo, below, { people, act }) {
  const children = below.get(todo.id) ?? [];
  const done = todo.status === "COMPLETE";
  const tick = act(() => ask(STATUS, { id: todo.id, status: done ? "INCOMPLETE" : "COMPLETE" }));
  const mark = todo.isTemplate
    ? h("span.mark", {})
    : button("", tick, { kind: `mark${done ? ".done" : ""}`, symbol: "check", role: "checkbox", "aria-checked": String(done), label: todo.name, key: `tick ${todo.id}` });
  return h(`div.todo${done ? ".done" : ""}`, {},
    mark,
    h("div.what", {}, h("span.name", {}, todo.name), todo.description && h("p", {}, todo.description)),
    children.length > 0 && badge(`${children.filter((child) => child.status === "COMPLETE").length}/${children.length}`, "note"),
    todo.resident && badge(todo.resident.displayName),
    may(todo) && h("div.tools", {},
      tool("plus", `Divide ${todo.name}`, `add ${todo.id}`, act(() => divide(todo))),
      tool("person", `Assign ${todo.name}`, `assign ${todo.id}`, act(() => assign(todo, people))),
      tool("pencil", `Edit ${todo.name}`, `edit ${todo.id}`, act(() => edit(todo))),
      tool("bin", `Delete ${todo.name}`, `delete ${todo.id}`, act(() => sure(todo, children.length)))));
}

const tool = (symbol, label, key, action) => button("", action, { kind: "bare", symbol, label, key });

const divide = (todo) => dialog({
  title: `New task in ${todo.name}`,
  fields: [{ name: "name", label: "Name", required: true, minlength: 3, autocomplete: "off" }, { name: "description", label: "Description", type: "area" }],
  submit: "Add",
  send: ({ name, description }) => create(name, { parentTodoId: todo.id, description: description || null }),
});

export const edit = (todo) => dialog({
  title: "Edit",
  fields: [{ name: "name", label: "Name", value: todo.name, required: true, minlength: 3 }, { name: "description", label: "Description", type: "area", value: todo.description ?? "" }],
  submit: "Save",
  send: ({ name, description }) => ask(UPDATE, { id: todo.id, name, description: description || null }),
});

const assign = (todo, people) => dialog({
  title: `Assign ${todo.name}`,
  fields: [{
    name: "resident", label: "To", type: "select", value: todo.resident?.residentId ?? "",
    options: [["", "Nobody"], ...people.map((each) => [each.residentId, each.displayName])],
  }],
  submit: "Assign",
  send: ({ resident }) => ask(ASSIGN, { id: todo.id, resident: resident || null }),
});

const sure = (todo, children) => dialog({
  title: `Delete ${todo.name}?`,
  text: children ? "The tasks below it are deleted too." : "",
  submit: "Delete",
  danger: true,
  send: () => remove(todo.id),
});
