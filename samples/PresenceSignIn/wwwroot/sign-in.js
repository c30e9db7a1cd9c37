import { MeshClient } from "./mesh/client.js";
import { createPresence } from "./mesh/client-utils.js";

const $ = (id) => document.getElementById(id);

const post = (path, body) => fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body ?? {}) });

async function begin() {
  const answer = await fetch("./me");
  $("sign-in").hidden = answer.ok;
  if (answer.ok) await enter((await answer.json()).user);
  else $("user").focus();
}

async function enter(me) {
  $("me").textContent = me;
  const client = new MeshClient(location.origin.replace("http", "ws"));
  // Signed out here or elsewhere: the server has ended the connection, and it does not come back by itself.
  client.on("close", ({ code }) => code === 4101 && location.reload());
  await client.connect();

  // No identifier: the server says who is who.
  const lobby = createPresence({
    client,
    room: "lobby",
    storageKey: "lobby",
    onUpdate: (users) => list("lobby", users.map((user) => [user.id, user.state.text || "here", tabs(user.tabCount)])),
    // Offline, or the server can't tell what changes elsewhere.
    onFreshness: (fresh) => ($("stale").hidden = fresh),
  });
  $("status").value = lobby.read()?.text ?? "";
  $("say").addEventListener("submit", async (event) => {
    event.preventDefault();
    $("unfit").textContent = "";
    await lobby.publish({ text: $("status").value }).catch((error) => ($("unfit").textContent = error.message));
  });
  await lobby.publish(lobby.read() ?? { text: "" });
  $("signed-in").hidden = false;

  const owners = ["alice", "bob"];
  const rooms = new Map(owners.map((owner) => [owner, [`${owner}’s room`, "", ""]]));
  const show = (owner, text, more) => {
    rooms.set(owner, [`${owner}’s room`, text, more]);
    list("private", [...rooms.values()]);
  };
  for (const owner of owners) {
    const room = createPresence({
      client,
      room: `private:${owner}`,
      storageKey: `private:${owner}`,
      onUpdate: (users) => show(owner, users.length ? "you are in" : "nobody is in", tabs(users[0]?.tabCount ?? 0)),
    });
    room.publish({ here: true }).catch(({ code }) => show(owner, `not for you (${code})`, ""));
  }
}

const tabs = (count) => (count === 1 ? "1 tab" : `${count} tabs`);

function list(id, rows) {
  $(id).replaceChildren(
    ...rows.map((cells) => {
      const row = document.createElement("li");
      for (const cell of cells) row.appendChild(document.createElement("span")).textContent = cell;
      return row;
    }),
  );
}

$("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await post("./sign-in", { user: $("user").value, password: $("password").value });
  if (answer.ok) location.reload();
  else $("refused").textContent = "No such user, or another password.";
});

$("sign-out").addEventListener("click", () => post("./sign-out"));

await begin();
