import "./browser.js";
import { MeshClient } from "../mesh/client.js";
import { createPresence } from "../mesh/client-utils.js";

// The tab around this page (simulated-tab.js) says who sits in front of it. The rest is what any application does.
const { tab } = window.frameElement;
const client = new MeshClient(tab.url, { clientKey: tab.user.clientKey });
client.on("connect", () => tab.connected(client.connectionId));
client.on("disconnect", () => tab.disconnected());
await client.connect();

const presence = createPresence({
  client,
  room: tab.room,
  storageKey: "playground",
  stateIdentifier: (state) => state?.userId,
  onUpdate: render,
  onFreshness: renderFreshness,
});

const mine = document.getElementById("mine");
const publish = (status) => presence.publish({ userId: tab.user.id, name: tab.user.name, status });
mine.addEventListener("change", ({ target }) => {
  tab.chose(target.value);
  publish(target.value);
});
mine.disabled = false;

// Whoever was here before, in this tab or in another one of this browser, is still what they said.
if (!presence.read()) {
  await publish("available");
}

function render(users) {
  const me = users.find((user) => user.id === tab.user.id);
  for (const radio of mine.elements) {
    radio.checked = radio.value === me?.state.status;
  }
  document.getElementById("users").replaceChildren(...users.map(entry));
}

function renderFreshness(fresh) {
  const freshness = document.getElementById("freshness");
  freshness.dataset.fresh = fresh;
  freshness.textContent = fresh ? "fresh" : "stale";
}

function entry({ id, state, tabCount }) {
  const item = document.createElement("li");
  item.dataset.user = id;
  const initial = span("initial", state.name[0]);
  initial.setAttribute("aria-hidden", "true");
  const status = span("status", state.status);
  status.dataset.status = state.status;
  const name = span("name", state.name);
  name.append(" ", status);
  item.append(initial, name, span("tabs", tabCount === 1 ? "1 tab" : `${tabCount} tabs`));
  return item;
}

function span(className, text) {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  return element;
}
