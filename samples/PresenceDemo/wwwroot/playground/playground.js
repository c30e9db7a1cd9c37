import { Log } from "./log.js";
import { observe } from "./observer.js";
import { Device, Person } from "./person.js";

const url = location.origin.replace("http", "ws");
// A room for this visit alone: two visitors do not meet each other's Alice.
const room = `playground-${Math.random().toString(36).slice(2, 10)}`;

const log = new Log(document.getElementById("log"));
document.getElementById("clear-log").addEventListener("click", () => log.clear());
const note = (text) => log.note(text);

/** Whose connection it is, by connection id. */
const names = new Map();
const nameOf = (connectionId) => names.get(connectionId) ?? connectionId;
const connected = (connectionId, name) => names.set(connectionId, name);

/** Opened once the observer listens, so that the log begins with the first join. */
function openTabs() {
  const people = [
    { id: "alice", name: "Alice", devices: [new Device("laptop"), new Device("phone")], open: [0, 0, 1] },
    { id: "bob", name: "Bob", devices: [new Device("desktop")], open: [0] },
    { id: "carol", name: "Carol", devices: [new Device("laptop"), new Device("phone", false)], open: [1] },
  ];
  for (const { id, name, devices, open } of people) {
    const person = new Person({ id, name, devices, room, url, note, connected });
    document.getElementById("people").append(person.element);
    open.forEach((index) => person.openTab(devices[index]));
  }
}

let opened = false;
observe(url, room, {
  connected(connectionIds) {
    if (!opened) {
      opened = true;
      openTabs();
    } else {
      note(`The server is back. In the room: ${connectionIds.map(nameOf).join(", ") || "nobody yet"}`);
    }
  },
  change({ type, connectionId, state }) {
    if (type === "state") {
      log.change("update", nameOf(connectionId), state?.status ?? "no state");
    } else {
      log.change(type, nameOf(connectionId));
    }
  },
  lost: () => note("The server is away, and everybody tries again"),
});
