import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { SafeStorage } from "../storage.js";
import { StoredState } from "../stored-state.js";

/** @type {Map<string, string>} */
let content;
/** @type {StoredState} */
let stored;

beforeEach(() => {
  content = new Map();
  const storage = {
    getItem: (/** @type {string} */ key) => content.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void content.set(key, value),
    removeItem: (/** @type {string} */ key) => void content.delete(key),
  };
  stored = new StoredState(new SafeStorage(storage), "k", "general");
});

test("the state is stored as existing Mesh apps store it", () => {
  stored.publish({ state: { userId: "al" } });
  assert.deepEqual([...content], [["m:presence:k", '{"userId":"al"}']]);
});

test("a state that an existing app stored has no stamp: it is published", () => {
  content.set("m:presence:k", '{"userId":"al"}');
  assert.deepEqual(stored.record, { state: { userId: "al" } });
});

test("an acknowledged state has a stamp: it is restored", () => {
  stored.acknowledge({ state: { a: 1 }, stamp: [1, 2], deadline: 9 });
  assert.deepEqual(stored.record, { state: { a: 1 }, stamp: [1, 2], deadline: 9 });
});

test("the stamp is void when another program changed the state", () => {
  stored.acknowledge({ state: { a: 1 }, stamp: [1, 2] });
  content.set("m:presence:k", '{"a":2}');
  assert.deepEqual(stored.record, { state: { a: 2 } });
});

test("the stamp says nothing in another room", () => {
  stored.acknowledge({ state: { a: 1 }, stamp: [1, 2] });
  const storage = new SafeStorage({ getItem: (key) => content.get(key) ?? null, setItem() {}, removeItem() {} });
  assert.deepEqual(new StoredState(storage, "k", "other").record, { state: { a: 1 } });
});

test("an older state does not overwrite a newer one", () => {
  stored.acknowledge({ state: { a: 2 }, stamp: [2, 1] });
  stored.acknowledge({ state: { a: 1 }, stamp: [1, 9] });
  assert.deepEqual(stored.state, { a: 2 });
});

test("a clear removes the state and keeps its stamp", () => {
  stored.acknowledge({ state: { a: 1 }, stamp: [1, 2] });
  stored.acknowledge({ state: null, stamp: [1, 3] });
  assert.equal(content.has("m:presence:k"), false);
  assert.deepEqual(stored.record, { state: null, stamp: [1, 3] });
});

test("storage that throws falls back to memory", () => {
  const fail = () => {
    throw new Error("no");
  };
  stored = new StoredState(new SafeStorage({ getItem: fail, setItem: fail, removeItem: fail }), "k", "general");
  stored.publish({ state: { a: 1 } });
  assert.deepEqual(stored.state, { a: 1 });
});

test("what is stored but no JSON is no state", () => {
  content.set("m:presence:k", "{");
  content.set("m:presence-stamp:k", "{");
  assert.equal(stored.state, null);
  assert.equal(stored.record, null);
});

test("a clear that was not acknowledged is known to be one, until it is", () => {
  stored.acknowledge({ state: { a: 1 }, stamp: [1, 2] });
  stored.publish({ state: null });
  assert.equal(content.has("m:presence:k"), false);
  assert.deepEqual(stored.record, { state: null });
  stored.acknowledge({ state: null });
  assert.deepEqual([...content], []);
  assert.equal(stored.record, null);
});

test("what the server refused is overwritten by what it acknowledged last", () => {
  stored.publish({ state: { a: 2 } });
  stored.revert({ state: { a: 2 } }, { state: { a: 1 }, stamp: [1, 2] });
  assert.deepEqual(stored.record, { state: { a: 1 }, stamp: [1, 2] });
  stored.publish({ state: { a: 3 } });
  stored.revert({ state: { a: 3 } }, null);
  assert.deepEqual([...content], []);
});

test("what another tab has stored in place of what was refused stays", () => {
  stored.acknowledge({ state: { a: 2 }, stamp: [1, 5] });
  stored.revert({ state: { a: 2 } }, null);
  assert.deepEqual(stored.record, { state: { a: 2 }, stamp: [1, 5] });
});
