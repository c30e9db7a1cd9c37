import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { MeshClient } from "../client.js";
import { createPresence } from "../client-utils.js";
import { ServerSocket } from "./server-socket.js";

/** @type {MeshClient} */
let client;
/** @type {any[]} */
let errors;
let members = /** @type {any[]} */ ([]);

beforeEach(() => {
  members = [member(1, "al"), member(2, "bo")];
  ServerSocket.answer = (command, payload) =>
    command === "mesh/enter"
      ? { rooms: payload.rooms.map((/** @type {any} */ { roomName }) => entered(roomName)) }
      : { success: true };
  errors = [];
  client = new MeshClient("ws://x", { WebSocket: ServerSocket, random: () => 0 });
  client.on("error", (error) => void errors.push(error));
});

/** @param {number} number @param {string} userId */
function member(number, userId) {
  return { connectionId: `conn-${number}`, number, state: { userId }, stamp: [1, number], joinedAt: [1, number] };
}

/** @param {string} roomName */
function entered(roomName) {
  return { roomName, success: true, number: 9, snapshot: { epoch: 1, revision: 9, members } };
}

/** @param {Partial<import("../presence.js").PresenceOptions>} [options] */
function present(options) {
  /** @type {string[][]} */
  const shown = [];
  const presence = createPresence({
    client,
    room: "r",
    storageKey: "k",
    stateIdentifier: (state) => state.userId,
    onUpdate: (users) => void shown.push(users.map((user) => user.id)),
    ...options,
  });
  return { presence, shown };
}

const settle = () => new Promise(setImmediate);

/** @param {object} diff */
function push(diff) {
  const payload = { roomName: "r", ...diff };
  ServerSocket.all.at(-1)?.onmessage?.({ data: JSON.stringify({ command: "mesh/presence-diff", payload }) });
}

test("an asynchronous identifier that knows the answer is part of the first update", async (t) => {
  t.after(() => client.close());
  const known = new Map([
    ["al", Promise.resolve("Al")],
    ["bo", Promise.resolve("Bo")],
  ]);
  const { presence, shown } = present({ stateIdentifier: async (state) => (await known.get(state.userId)) ?? null });
  await client.connect();
  await presence.ready;
  assert.deepEqual(shown, [["Al", "Bo"]]);
});

test("nobody is called back before the helper is in hand, nor after it was disposed", async (t) => {
  t.after(() => client.close());
  const { presence } = present();
  await client.connect();
  await presence.ready;
  /** @type {boolean[]} */
  const told = [];
  const second = present({ onFreshness: (fresh) => void told.push(fresh) });
  assert.deepEqual(told, []);
  await second.presence.ready;
  assert.deepEqual(told, [true]);
  let asked = 0;
  const third = present({ onFreshness: () => asked++, onUpdate: () => asked++ });
  third.presence.dispose();
  await settle();
  assert.equal(asked, 0);
});

test("one that is disposed by another's callback is not called back for the same change", async (t) => {
  t.after(() => client.close());
  /** @type {string[]} */
  const calls = [];
  const { presence } = present({
    onFreshness: () => void second.presence.dispose(),
  });
  const second = present({ onFreshness: () => void calls.push("freshness"), onUpdate: () => void calls.push("update") });
  await client.connect();
  await presence.ready;
  await settle();
  assert.deepEqual(calls, []);
});

test("what an identifier throws, or rejects with, is an error of the client, and the member is not listed", async (t) => {
  t.after(() => client.close());
  const { presence, shown } = present({
    stateIdentifier: (state) => {
      if (state.userId === "al") throw new Error("thrown");
      return Promise.reject(new Error("rejected"));
    },
  });
  await client.connect();
  await presence.ready;
  assert.deepEqual(
    errors.map((error) => error.message),
    ["thrown", "rejected"],
  );
  assert.deepEqual(shown, [[]]);
});

test("one that is disposed while a change is on its way hears nothing of it", async (t) => {
  t.after(() => client.close());
  /** @type {unknown[]} */
  const calls = [];
  const { presence } = present({ onFreshness: (fresh) => void calls.push(fresh), onUpdate: () => void calls.push("update") });
  await client.connect();
  await presence.ready;
  assert.deepEqual(calls, [true, "update"]);
  push({ epoch: 1, from: 9, to: 10, left: [1] });
  presence.dispose();
  await settle();
  assert.deepEqual(calls, [true, "update"]);
});

test("the identifier of one that another has disposed is not asked", async (t) => {
  t.after(() => client.close());
  const { presence } = present({
    stateIdentifier: (state) => {
      if (state.userId === "cy") second.presence.dispose();
      return state.userId;
    },
  });
  /** @type {string[]} */
  const asked = [];
  const second = present({ stateIdentifier: (state) => void asked.push(state.userId) });
  await client.connect();
  await presence.ready;
  push({ epoch: 1, from: 9, to: 10, joined: [member(3, "cy")] });
  assert.deepEqual(asked, ["al", "bo"]);
});

test("without an identifier those are shown whom the server has verified, and a claim never merges with them", async (t) => {
  t.after(() => client.close());
  members = [member(1, "al"), { ...member(2, "bo"), userId: "al" }];
  const { presence } = present({ stateIdentifier: undefined });
  const { presence: claiming } = present();
  await client.connect();
  await Promise.all([presence.ready, claiming.ready]);
  const verified = { id: "al", state: { userId: "bo" }, tabCount: 1, verified: true };
  assert.deepEqual(presence.users, [verified]);
  assert.deepEqual(claiming.users, [{ id: "al", state: { userId: "al" }, tabCount: 1 }, verified]);
  assert.throws(() => present({ stateIdentifier: /** @type {any} */ ("userId") }), TypeError);
});
