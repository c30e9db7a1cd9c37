import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { PlainRoom } from "../plain-room.js";
import { updatesOf } from "../raw-updates.js";
import { Replica } from "../replica.js";
import { snapshotOf } from "../roster.js";

const roomName = "general";

/** @type {Replica} */
let replica;
/** @type {PlainRoom} */
let room;

beforeEach(() => {
  replica = new Replica();
  room = new PlainRoom(replica);
});

const states = () =>
  replica.roster && snapshotOf(replica.roster).members.map(({ connectionId, state = null }) => [connectionId, state]);

/** @param {import("../replica.js").Taken} taken */
const told = ({ changes }) =>
  changes
    .flatMap((one) => updatesOf(one, roomName, 0))
    .map(({ type, connectionId, state }) => [type, connectionId, state ?? null]);

test("who is there already is seen, with their states", () => {
  room.snapshot([{ id: "a", metadata: { x: 1 } }, { id: "b" }], { b: 1 });
  assert.deepEqual(states(), [
    ["a", null],
    ["b", 1],
  ]);
});

test("updates that overtook the answer to the subscription are taken after it", () => {
  room.update({ type: "join", connectionId: "b", roomName });
  room.update({ type: "state", connectionId: "b", roomName, state: 2 });
  room.update({ type: "leave", connectionId: "a", roomName });
  room.snapshot([{ id: "a" }, { id: "b" }], { b: 1 });
  assert.deepEqual(states(), [["b", 2]]);
});

test("of updates that overtake an answer no more are kept than memory has room for: then it is asked for again", () => {
  for (let state = 1; state <= 3_000; state++) room.update({ type: "state", connectionId: "a", roomName, state });
  const first = room.snapshot([{ id: "a" }], { a: 0 });
  assert.equal(first.outcome, "gap");
  assert.equal(replica.waiting, true, "what is shown may be out of date");
  room.update({ type: "join", connectionId: "b", roomName });
  assert.equal(room.snapshot([{ id: "a" }], { a: 3_000 }).outcome, "applied");
  assert.deepEqual(states(), [
    ["a", 3_000],
    ["b", null],
  ]);
});

test("a state that comes before its join is seen, and the join changes nothing", () => {
  room.snapshot([], {});
  assert.deepEqual(told(room.update({ type: "state", connectionId: "a", roomName, state: 1 })), [
    ["join", "a", null],
    ["state", "a", 1],
  ]);
  assert.deepEqual(told(room.update({ type: "join", connectionId: "a", roomName })), []);
});

test("a state published again with equal bytes is an update", () => {
  room.snapshot([{ id: "a" }], { a: 1 });
  assert.deepEqual(told(room.update({ type: "state", connectionId: "a", roomName, state: 1 })), [["state", "a", 1]]);
});

test("after a new subscription only the difference is told", () => {
  room.snapshot([{ id: "a" }, { id: "b" }, { id: "c" }], { a: 1, b: 1 });
  room.reopen();
  room.update({ type: "state", connectionId: "d", roomName, state: 4 });
  assert.deepEqual(told(room.snapshot([{ id: "a" }, { id: "b" }, { id: "d" }], { a: 1, b: 2, d: 4 })), [
    ["leave", "c", null],
    ["join", "d", null],
    ["state", "d", 4],
    ["state", "b", 2],
    ["state", "d", 4],
  ]);
});
