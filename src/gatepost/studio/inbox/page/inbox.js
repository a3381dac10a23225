// The inbox page: a list that looks for new mail every two seconds, and one mail beside it.
// Everything a mail contains is shown as text, except its HTML, which stays in a sandboxed frame.

const prefix = document.body.dataset.prefix;
const find = (id) => document.getElementById(id);
const list = find("list");
const state = { open: null, form: "html", shown: "" };

async function call(path, options) {
  const response = await fetch(`${prefix}/api/v1/${path}`, options);
  if (!response.ok) throw new Error(await response.text());
  return response;
}

const people = (addresses) => addresses.map((one) => (one.Name ? `${one.Name} <${one.Address}>` : one.Address)).join(", ");

function line(name, text) {
  const span = document.createElement("span");
  span.className = name;
  span.textContent = text;
  return span;
}

function entry(mail) {
  const item = document.createElement("li");
  item.className = mail.Read ? "" : "unread";
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.id = mail.ID;
  button.setAttribute("aria-current", String(mail.ID === state.open));
  button.append(line("subject", mail.Subject || "(no subject)"), line("to", people(mail.To)), line("snippet", mail.Snippet));
  button.addEventListener("click", () => open(mail.ID));
  item.append(button);
  return item;
}

async function refresh() {
  const query = find("search").value.trim();
  const path = query ? `search?limit=500&query=${encodeURIComponent(query)}` : "messages?limit=500";
  const text = await (await call(path)).text();
  const shown = text + state.open;
  if (shown === state.shown) return;
  state.shown = shown;
  const answer = JSON.parse(text);
  const focused = document.activeElement?.dataset?.id;
  list.replaceChildren(...answer.messages.map(entry));
  if (focused) list.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus();
  find("empty").hidden = answer.messages.length > 0;
  find("count").textContent = `${answer.total} mail${answer.total === 1 ? "" : "s"}, ${answer.unread} unread`;
}

async function open(id) {
  const mail = await (await call(`message/${encodeURIComponent(id)}`)).json();
  state.open = mail.ID;
  history.replaceState(null, "", `#${mail.ID}`);
  find("mail").hidden = false;
  find("subject").textContent = mail.Subject;
  find("from").textContent = people([mail.From]);
  find("to").textContent = people(mail.To);
  find("at").textContent = new Date(mail.Date).toLocaleString();
  await show(mail, mail.HTML ? state.form : "txt");
  await refresh();
}

async function show(mail, form) {
  for (const button of document.querySelectorAll("[data-form]")) {
    button.setAttribute("aria-pressed", String(button.dataset.form === form));
    button.onclick = () => { state.form = form === "raw" ? state.form : form; show(mail, button.dataset.form); };
  }
  find("body").hidden = form !== "html";
  find("plain").hidden = form === "html";
  if (form === "html") find("body").src = `${prefix}/view/${encodeURIComponent(mail.ID)}.html?embed=1`;
  else find("plain").textContent = form === "txt" ? mail.Text : await (await call(`message/${encodeURIComponent(mail.ID)}/raw`)).text();
}

async function remove(ids) {
  await call("messages", { method: "DELETE", body: JSON.stringify({ IDs: ids }) });
  find("mail").hidden = true;
  state.open = null;
  history.replaceState(null, "", location.pathname);
  await refresh();
}

find("clear").addEventListener("click", () => remove([]));
find("delete").addEventListener("click", () => remove([state.open]));
find("search").addEventListener("input", refresh);

async function watch() {
  try {
    if (!document.hidden) await refresh();
  } catch {
    find("count").textContent = "The server does not answer";
    state.shown = "";
  }
  setTimeout(watch, 2000);
}
// A mail has an address of its own: #ID, or #latest.
if (location.hash.length > 1) open(decodeURIComponent(location.hash.slice(1))).catch(() => {});
watch();
