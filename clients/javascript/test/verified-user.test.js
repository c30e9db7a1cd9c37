import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { MeshClient } from "../client.js";
import { createPresence } from "../client-utils.js";
import { SafeStorage } from "../storage.js";
import { StoredState } from "../stored-state.js";
import { ServerSocket } from "./server-socket.js";

/** The browser's storage, for all who sign in there. @type {Map<string, string>} */
let content;
/** @type {MeshClient} */
let client;
/** Whom the server takes the next connection for. @type {string | undefined} */
let userId;
let revision = 0;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  ServerSocket.reset();
  ServerSocket.session = () => ({ connectionId: `conn-${ServerSocket.all.length}`, userId });
  ServerSocket.answer = (command, payload) => {
    if (command === "mesh/publish") return { stamp: [1, ++revision] };
    return command === "mesh/enter" ? { rooms: payload.rooms.map(enter) } : { success: true };
  };
  content = new Map();
  userId = undefined;
  client = make();
});

afterEach(async () => {
  await client.close();
  mock.timers.reset();
});

function make() {
  const storage = {
    getItem: (/** @type {string} */ key) => content.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void content.set(key, value),
    removeItem: (/** @type {string} */ key) => void content.delete(key),
  };
  return new MeshClient("ws://x", { WebSocket: ServerSocket, random: () => 0, storage });
}

/** @param {any} room as asked for */
function enter({ roomName, publish, restore }) {
  const stamp = publish ? [1, ++revision] : (restore?.stamp ?? null);
  return { roomName, success: true, number: ServerSocket.all.length, stamp, restored: true, snapshot: { epoch: 1, revision, members: [] } };
}

const settle = () => new Promise(setImmediate);
const present = () => createPresence({ client, room: "r", storageKey: "k", onUpdate: () => {} });
/** What the newest connection has said with its entry, and after it. */
const said = () =>
  ServerSocket.all
    .at(-1)
    ?.received.flatMap(({ command, payload }) => (command === "mesh/enter" ? payload.rooms : command === "mesh/publish" ? [payload] : []))
    .map(({ publish, restore, state }) => publish?.state ?? restore?.state ?? state)
    .filter((state) => state !== undefined);

/** Another user signs in, and the client connects anew. @param {string | undefined} next */
async function become(next) {
  userId = next;
  ServerSocket.all.at(-1)?.close(4101);
  await settle();
  await client.connect();
  await settle();
}

test("a verified user's state is restored for that user, and for nobody else in the same browser", async () => {
  userId = "alice";
  const presence = present();
  await client.connect();
  await presence.publish("of alice");
  for (const [who, whose] of /** @type {const} */ ([["bob", null], [undefined, null], ["alice", "of alice"]])) {
    await client.close();
    userId = who;
    client = make();
    const next = present();
    await client.connect();
    await settle();
    assert.deepEqual(said(), whose === null ? [] : [whose]);
    assert.equal(next.read(), whose);
  }
});

test("what nobody has verified is not restored by one whom the server has verified", async () => {
  content.set("m:presence:k", '"of nobody"');
  userId = "alice";
  const presence = present();
  await client.connect();
  await settle();
  assert.deepEqual(said(), []);
  assert.equal(presence.read(), null);
  assert.equal(content.get("m:presence:k"), '"of nobody"');
});

test("what is published before it is known for whom is that user's, and nobody's no more", async () => {
  content.set("m:presence:other", '"of nobody"');
  userId = "alice";
  createPresence({ client, room: "r", storageKey: "other", onUpdate: () => {} });
  const presence = present();
  const published = presence.publish("early", { expireAfter: 60_000 });
  assert.ok(content.has("m:presence:k"));
  assert.equal(presence.read(), "early");
  /** @type {(result: object) => void} */
  let answer = () => {};
  const entry = new Promise((resolve) => {
    ServerSocket.answer = (command, payload) => {
      answer = (result) => ServerSocket.all[0].push({ id: ServerSocket.all[0].received[1].id, command, payload: result });
      resolve(payload.rooms[0]);
      return undefined;
    };
  });
  await client.connect();
  const room = await entry;
  assert.equal(room.publish.state, "early");
  assert.equal(presence.read(), "early");
  assert.deepEqual([...content.keys()].filter((key) => key.startsWith("m:presence:")), ["m:presence:other", "m:presence:k:alice"]);
  assert.ok(!content.has("m:presence-stamp:k"));
  answer({ rooms: [enter(room)] });
  await published;
  assert.equal(presence.read(), "early");
});

test("what one has published before any session is neither read nor said by the next one at the browser", async () => {
  const alice = present();
  const published = assert.rejects(alice.publish("of alice"), { code: "EDISPOSED" });
  assert.equal(alice.read(), "of alice");
  await alice.dispose();
  await published;
  client = make();
  userId = "bob";
  const bob = present();
  assert.equal(bob.read(), null);
  await client.connect();
  await settle();
  assert.deepEqual(said(), []);
  assert.equal(bob.read(), null);
  assert.equal(content.get("m:presence:k"), '"of alice"');
});

test("where nobody is verified the next page says it, as soon as that is known", async () => {
  await Promise.all([assert.rejects(present().publish("in vain"), { code: "ECLOSED" }), client.close()]);
  client = make();
  const presence = present();
  assert.equal(presence.read(), null);
  const connected = client.connect();
  assert.equal(presence.read(), null);
  await connected;
  assert.equal(presence.read(), "in vain");
  await settle();
  assert.deepEqual(said(), ["in vain"]);
  assert.ok(!content.get("m:presence-stamp:k")?.includes("early"));
  // Acknowledged by now: the page after it has it at once.
  await client.close();
  client = make();
  assert.equal(present().read(), "in vain");
  assert.equal(present().read(), "in vain");
});

test("a clear in vain is said by the next page too", async () => {
  const presence = present();
  await client.connect();
  await presence.publish("before");
  await client.close();
  client = make();
  await Promise.all([assert.rejects(present().clear(), { code: "ECLOSED" }), client.close()]);
  client = make();
  present();
  await client.connect();
  await settle();
  const room = ServerSocket.all.at(-1)?.received.find((one) => one.command === "mesh/enter")?.payload.rooms[0];
  assert.deepEqual(room.publish, { state: null });
});

test("a plain server verifies nobody: the next page says it there too", async () => {
  await Promise.all([assert.rejects(present().publish("in vain"), { code: "ECLOSED" }), client.close()]);
  client = make();
  const presence = present();
  ServerSocket.session = () => ({ error: "no such command", code: "ENOTFOUND" });
  ServerSocket.answer = (command) => command === "mesh/publish-presence-state" || { success: true, present: [], states: {} };
  const connected = client.connect();
  await settle();
  ServerSocket.all.at(-1)?.push({ command: "mesh/assign-id", payload: "conn-1" });
  await connected;
  await settle();
  const states = ServerSocket.all.at(-1)?.received.filter((one) => one.command === "mesh/publish-presence-state");
  assert.deepEqual(states?.map((one) => one.payload.state), ["in vain"]);
  assert.equal(presence.read(), "in vain");
  assert.ok(!content.has("m:presence-stamp:k"));
});

test("while a connection is away it is known whose the states are", async () => {
  const presence = present();
  await client.connect();
  await client.close();
  await assert.rejects(presence.publish("later"), { code: "ECLOSED" });
  assert.ok(!content.has("m:presence-stamp:k"));
  client = make();
  assert.equal(present().read(), "later");
});

test("what a server has acknowledged as nobody's stays that", () => {
  const storage = new SafeStorage(null);
  const nobodys = new StoredState(storage, "k", "r");
  nobodys.acknowledge({ state: 1, stamp: [1, 1] });
  new StoredState(storage, "k", "r", () => ({ userId: "alice" })).adopt({ state: 1 });
  assert.deepEqual(nobodys.record, { state: 1, stamp: [1, 1] });
});

test("another sign-in on the same page publishes and restores nothing of the one before", async () => {
  userId = "alice";
  const presence = present();
  await client.connect();
  await presence.publish("of alice");
  // Never acknowledged.
  ServerSocket.answer = (command, payload) => (command === "mesh/enter" ? { rooms: payload.rooms.map(enter) } : undefined);
  const pending = assert.rejects(presence.publish("more of alice"), { code: "ECLOSED" });
  await become("bob");
  await pending;
  assert.deepEqual(said(), []);
  assert.equal(presence.read(), null);
  await become("alice");
  assert.deepEqual(said(), ["more of alice"]);
  await become(undefined);
  assert.deepEqual(said(), []);
  assert.equal(presence.read(), null);
});

test("what is said while the connection is away is not said by another user", async () => {
  userId = "alice";
  const presence = present();
  await client.connect();
  userId = "bob";
  ServerSocket.all[0].close();
  await settle();
  const published = assert.rejects(presence.publish("of alice"), { code: "ECLOSED", message: /another user/ });
  mock.timers.tick(0);
  await settle();
  await published;
  assert.equal(client.userId, "bob");
  assert.deepEqual(said(), []);
});

test("what a sibling of the one before has said is not taken over", async () => {
  userId = "alice";
  const presence = present();
  await client.connect();
  await presence.ready;
  const sibling = { sibling: "s", state: "of alice's phone", stamp: [1, 3] };
  const joined = [
    { connectionId: "conn-1", number: 1, joinedAt: [1, 1], sibling: "s" },
    { connectionId: "phone", number: 2, joinedAt: [1, 2], ...sibling },
  ];
  const diff = { roomName: "r", epoch: 1, from: revision, to: revision + 1, joined };
  ServerSocket.all[0].push({ command: "mesh/presence-diff", payload: diff });
  await settle();
  assert.equal(presence.read(), "of alice's phone");
  await become("bob");
  assert.deepEqual(said(), []);
  assert.equal(presence.read(), null);
});

test("the metadata of the one before is not set for another", async () => {
  userId = "alice";
  await client.connect();
  await client.setConnectionMetadata({ name: "Alice" });
  await become("alice");
  assert.equal(ServerSocket.all.at(-1)?.received[1]?.command, "mesh/set-my-connection-metadata");
  await become("bob");
  assert.deepEqual(ServerSocket.all.at(-1)?.received.map((one) => one.command), ["mesh/session"]);
});

test("the same user's next connection restores what was", async () => {
  userId = "alice";
  const presence = present();
  await client.connect();
  await presence.publish("of alice");
  await become("alice");
  assert.deepEqual(said(), ["of alice"]);
});

test("no two pairs of key and user share a place", () => {
  const storage = new SafeStorage(null);
  const parts = ["", "a", "b", "a:b", "a%3Ab", "a%253Ab", "%", ":", "::"];
  const all = parts.flatMap((key) => parts.map((user) => new StoredState(storage, key, "r", () => ({ userId: user }))));
  all.forEach((one, i) => one.acknowledge({ state: i, stamp: [1, 1] }));
  assert.deepEqual(all.map((one) => one.record?.state), [...all.keys()]);
});

test("nobody's, in the place of a user, is neither the user's nor the other way round", () => {
  const storage = new SafeStorage(null);
  const nobodys = new StoredState(storage, "a:b", "r");
  const users = new StoredState(storage, "a", "r", () => ({ userId: "b" }));
  for (const [one, other] of [
    [users, nobodys],
    [nobodys, users],
  ]) {
    for (const write of ["publish", "acknowledge"]) {
      one[write]({ state: "mine", ...(write === "acknowledge" && { stamp: [1, 1] }) });
      assert.deepEqual([one.state, other.state, other.record], ["mine", null, null]);
      one[write]({ state: null });
      assert.equal(other.state, null);
    }
  }
  // As existing Mesh apps store it.
  storage.set("m:presence:a:b", '"bare"');
  assert.deepEqual([nobodys.state, users.state], ["bare", null]);
});

test("a verified user's state is stored under the user and the key", () => {
  const storage = new SafeStorage(null);
  new StoredState(storage, "k", "r", () => ({ userId: "alice" })).acknowledge({ state: 1, stamp: [1, 1] });
  assert.equal(storage.get("m:presence:k:alice"), "1");
  assert.ok(storage.get("m:presence-stamp:k:alice"));
});
