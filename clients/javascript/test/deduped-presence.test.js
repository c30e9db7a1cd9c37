import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createDedupedPresenceHandler } from "../client-utils.js";

const roomName = "general";

/** @type {Map<string, import("../deduped-presence.js").Group>[]} */
let told;

beforeEach(() => {
  told = [];
});

/** @param {(state: any) => any} getGroupIdFromState */
const handle = (getGroupIdFromState) =>
  createDedupedPresenceHandler({ getGroupIdFromState, onUpdate: (groups) => void told.push(groups) });

test("connections are grouped by what their states say, and none is shown before it says so", () => {
  const handler = handle((state) => state.userId);
  handler({ type: "join", connectionId: "a", roomName });
  assert.equal(told.length, 0);
  handler({ type: "state", connectionId: "a", roomName, state: { userId: "al" } });
  handler({ type: "state", connectionId: "b", roomName, state: { userId: "al", mood: "busy" } });
  assert.deepEqual(
    [...(told.at(-1) ?? [])],
    [["al", { state: { userId: "al", mood: "busy" }, members: new Set("ab") }]],
  );
  handler({ type: "leave", connectionId: "a", roomName });
  handler({ type: "leave", connectionId: "b", roomName });
  assert.equal(told.at(-1)?.size, 0);
});

test("init takes who is there already, as one change", () => {
  const handler = handle((state) => state.userId);
  handler.init([{ id: "a", metadata: null }, { id: "b" }], { a: { userId: "al" }, b: { userId: "bo" } });
  assert.equal(told.length, 1);
  assert.deepEqual([...told[0].keys()], ["al", "bo"]);
});

test("a group id may come later", async () => {
  const handler = handle(async (state) => state.userId);
  handler.init(["a"], { a: { userId: 7 } });
  await new Promise(setImmediate);
  assert.deepEqual([...(told.at(-1)?.keys() ?? [])], ["7"]);
});

test("a late init loses nothing that updates have told since, and is one change", () => {
  const handler = handle((state) => state.userId);
  handler({ type: "join", connectionId: "b", roomName });
  handler({ type: "state", connectionId: "b", roomName, state: { userId: "bo" } });
  handler({ type: "leave", connectionId: "c", roomName });
  told = [];
  handler.init([{ id: "a" }, { id: "c" }], { a: { userId: "al" }, c: { userId: "cy" } });
  assert.deepEqual(
    told.map((groups) => [...groups.keys()].sort()),
    [["al", "bo"]],
  );
});

test("a second init is the truth: what came before the first is not told again", () => {
  const handler = handle((state) => state.userId);
  handler({ type: "state", connectionId: "b", roomName, state: { userId: "bo" } });
  handler.init(["b"], { b: { userId: "bo" } });
  handler.init(["a"], { a: { userId: "al" } });
  assert.deepEqual([...(told.at(-1)?.keys() ?? [])], ["al"]);
});
