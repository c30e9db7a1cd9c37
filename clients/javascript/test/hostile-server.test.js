import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { MeshClient } from "../client.js";
import { createPresence } from "../client-utils.js";
import { ServerSocket } from "./server-socket.js";

const ROOM = "r";
const GARBAGE = [null, true, -1, 1e308, "", "x", [], [null], {}, { length: 1e9 }, { toString: 1 }, { __proto__: null, constructor: 1 }];
const TEXTS = ["", "null", "[]", "1", '"x"', "{", "\ud800", '{"__proto__":{"polluted":1}}', '{"id":"__proto__","payload":{"polluted":1}}', "[".repeat(100_000)];

/** @type {MeshClient} */
let client;
/** @type {import("../user-view.js").UserEntry[]} */
let users;
/** @type {string[]} */
let unhandled;
let revision = 1;

const note = (/** @type {unknown} */ error) => void unhandled.push(String(error));
const settle = () => new Promise(setImmediate);
const member = (/** @type {number} */ number, /** @type {unknown} */ state) => ({
  connectionId: `conn-${number}`,
  number,
  state,
  stamp: [1, number],
  joinedAt: [1, number],
});
const snapshot = () => ({ epoch: 1, revision, members: [member(1, { userId: "bob" })] });

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  ServerSocket.reset();
  ServerSocket.answer = (command, payload) =>
    command === "mesh/enter"
      ? { rooms: payload.rooms.map(() => ({ roomName: ROOM, success: true, number: 9, stamp: null, snapshot: snapshot() })) }
      : { success: true };
  users = [];
  unhandled = [];
  revision = 1;
  process.on("unhandledRejection", note).on("uncaughtException", note);
  client = new MeshClient("ws://x", { WebSocket: ServerSocket, random: () => 0, storage: null });
});

afterEach(async () => {
  await client.close();
  mock.timers.reset();
  process.off("unhandledRejection", note).off("uncaughtException", note);
});

function present() {
  return createPresence({
    client,
    room: ROOM,
    storageKey: "k",
    stateIdentifier: (state) => state?.userId,
    onUpdate: (now) => (users = now),
  });
}

/** What all that came before must not have harmed. */
async function goesOn() {
  for (let at = 0; at < 20; at++) {
    await settle();
    mock.timers.tick(1_000);
  }
  // Whatever it has believed: it is told to ask.
  revision += 10;
  const socket = /** @type {ServerSocket} */ (ServerSocket.all.at(-1));
  socket.push({ command: "mesh/presence-diff", payload: { roomName: ROOM, epoch: 1, from: revision, to: revision } });
  for (let at = 0; at < 20; at++) {
    await settle();
    mock.timers.tick(1_000);
  }
  revision += 1;
  socket.push({
    command: "mesh/presence-diff",
    payload: { roomName: ROOM, epoch: 1, from: revision - 1, to: revision, joined: [member(revision + 100, { userId: "carol" })] },
  });
  await settle();
  assert.deepEqual(users.map(({ id }) => id).sort(), ["bob", "carol"]);
  assert.equal(/** @type {any} */ ({}).polluted, undefined);
  assert.deepEqual(unhandled, []);
}

test("whatever text comes, the page goes on", async () => {
  present();
  await client.connect();
  await settle();
  for (const data of TEXTS) ServerSocket.all[0].onmessage?.({ data });
  ServerSocket.all[0].onmessage?.({ data: new ArrayBuffer(8) });
  await goesOn();
});

test("whatever an event says, the page goes on", async () => {
  present();
  await client.connect();
  await settle();
  const commands = ["mesh/presence-diff", "mesh/presence-update", "mesh/assign-id", "ping", "latency", "latency:request", "mesh/session", "__proto__", "constructor"];
  for (const command of commands) {
    for (const payload of GARBAGE) ServerSocket.all[0].push({ command, payload });
    await settle();
  }
  await goesOn();
});

test("whatever is wrong in a diff, the page goes on", async () => {
  present();
  await client.connect();
  await settle();
  const right = { roomName: ROOM, epoch: 1, from: 1, to: 2, joined: [member(50, { userId: "mallory" })], updated: [{ number: 1, state: 1, stamp: [1, 2] }], left: [1], parting: [{ sibling: "s", stamp: [1, 2] }] };
  for (const key of Object.keys(right)) {
    for (const wrong of GARBAGE) {
      if (key === "roomName" || !Array.isArray(wrong) || wrong.length > 0)
        ServerSocket.all[0].push({ command: "mesh/presence-diff", payload: { ...right, joined: [], updated: [], left: [], parting: [], [key]: wrong } });
    }
    await settle();
  }
  for (const wrong of GARBAGE)
    for (const key of ["connectionId", "number", "stamp", "joinedAt", "userId", "deadline"])
      ServerSocket.all[0].push({ command: "mesh/presence-diff", payload: { roomName: ROOM, epoch: 1, from: revision, to: revision + 1, joined: [{ ...member(60, 1), [key]: wrong }] } });
  for (const wrong of GARBAGE)
    for (const key of ["sibling", "state", "stamp", "deadline"])
      ServerSocket.all[0].push({ command: "mesh/presence-diff", payload: { roomName: ROOM, epoch: 1, from: revision, to: revision + 1, parting: [{ sibling: "s", state: 1, stamp: [1, 2], [key]: wrong }] } });
  await goesOn();
});

for (const [key, wrongs] of Object.entries({ snapshot: GARBAGE, diff: GARBAGE, number: GARBAGE, stamp: GARBAGE, success: [null, 0, "no"] }))
  for (const wrong of wrongs)
    test(`an entry whose ${key} is ${JSON.stringify(wrong)} is asked for again, or failed, and the page goes on`, async () => {
      const sound = ServerSocket.answer;
      let asked = 0;
      ServerSocket.answer = (command, payload) => {
        const answer = /** @type {any} */ (sound(command, payload));
        if (command === "mesh/enter" && ++asked === 1) answer.rooms[0] = { ...answer.rooms[0], [key]: wrong };
        return answer;
      };
      present();
      await client.connect();
      await settle();
      // By what every client does when its connection ends.
      ServerSocket.all[0].close();
      await goesOn();
    });

test("a ping interval that no timer holds makes none that goes off at once, again and again", async () => {
  /** @type {number[]} */
  const delays = [];
  const { setTimeout } = globalThis;
  globalThis.setTimeout = /** @type {any} */ ((/** @type {() => void} */ act, /** @type {number} */ delay) => {
    delays.push(delay);
    return setTimeout(act, delay);
  });
  try {
    ServerSocket.session = () => ({ pingInterval: 1e12 });
    await client.connect();
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  assert.ok(delays.length > 0);
  assert.deepEqual(delays.filter((delay) => !(delay < 2 ** 31)), []);
});

for (const wrong of GARBAGE)
  test(`whatever the id is that a server assigns, ${JSON.stringify(wrong)}, the page goes on`, async () => {
    present();
    await client.connect();
    const [socket] = ServerSocket.all;
    socket.push({ command: "mesh/assign-id", payload: wrong });
    await goesOn();
  });

for (const wrong of GARBAGE)
  test(`an entry that is answered by ${JSON.stringify(wrong)} fails, and the page goes on`, async () => {
    const sound = ServerSocket.answer;
    let asked = 0;
    ServerSocket.answer = (command, payload) => (command === "mesh/enter" && ++asked === 1 ? wrong : sound(command, payload));
    present();
    await client.connect();
    await settle();
    ServerSocket.all[0].close();
    await goesOn();
  });

for (const key of ["connectionId", "resumed", "token", "userId", "authenticatedFor", "grace", "pingInterval", "limits"])
  test(`whatever the ${key} of a session is, the page goes on`, async () => {
    for (const wrong of GARBAGE) {
      ServerSocket.session = () => ({ [key]: wrong });
      const other = new MeshClient("ws://x", { WebSocket: ServerSocket, random: () => 0, storage: null });
      const presence = createPresence({ client: other, room: ROOM, storageKey: "k", stateIdentifier: () => "x", onUpdate: () => {} });
      await Promise.race([other.connect().catch(() => {}), settle().then(settle)]);
      presence.publish(1).catch(() => {});
      await settle();
      await other.close();
      await presence.dispose();
    }
    ServerSocket.session = () => ({});
    present();
    await client.connect();
    await settle();
    await goesOn();
  });
