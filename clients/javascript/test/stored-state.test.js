import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { SafeStorage } from "../storage.js";
import { StoredState } from "../stored-state.js";

/** @type {Map<string, string>} */
let content;
/** @type {StoredState} */
let stored;
/** Whose the states of those made {@link early} are. @type {{ userId?: string } | null} */
let owner;

beforeEach(() => {
  content = new Map();
  owner = null;
  stored = new StoredState(storage(), "k", "general");
});

function storage() {
  return new SafeStorage({
    getItem: (/** @type {string} */ key) => content.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void content.set(key, value),
    removeItem: (/** @type {string} */ key) => void content.delete(key),
  });
}

const early = () => new StoredState(storage(), "k", "general", () => owner);

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
  assert.deepEqual(new StoredState(storage(), "k", "other").record, { state: { a: 1 } });
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

test("what is stored before it is known whose it is, is marked, and found by nobody but who has stored it", () => {
  const mine = early();
  for (const [record, beside] of /** @type {const} */ ([
    [{ state: { a: 1 } }, '{"room":"general","early":true,"state":"{\\"a\\":1}"}'],
    [{ state: 2, expires: 9 }, '{"expires":9,"room":"general","early":true,"state":"2"}'],
    [{ state: null }, '{"room":"general","early":true,"state":null}'],
  ])) {
    mine.publish(record);
    assert.equal(content.get("m:presence-stamp:k"), beside);
    assert.deepEqual([mine.record, early().record], [record, null]);
  }
  early().publish({ state: "another's" });
  assert.equal(mine.record, null);
});

test("once nobody is verified it is nobody's, and when it is acknowledged the mark is gone", () => {
  early().publish({ state: 1 });
  const next = early();
  assert.equal(next.record, null);
  owner = {};
  assert.deepEqual(next.record, { state: 1 });
  next.acknowledge({ state: 1, stamp: [1, 2] });
  assert.equal(content.get("m:presence-stamp:k"), '{"stamp":[1,2],"room":"general","state":"1"}');
  next.acknowledge({ state: 1 });
  assert.deepEqual([...content], [["m:presence:k", "1"]]);
});

test("once a user is verified it is not theirs, unless they have said it", () => {
  const [alice, bob] = [early(), early()];
  alice.publish({ state: "hers" });
  owner = { userId: "bob" };
  assert.equal(bob.record, null);
  owner = { userId: "alice" };
  alice.adopt({ state: "hers" });
  assert.deepEqual(alice.record, { state: "hers" });
  assert.equal(content.get("m:presence-stamp:k:alice"), '{"room":"general","user":"alice","state":"\\"hers\\""}');
  assert.equal(content.has("m:presence:k"), false);
});

test("what is nobody's for sure is found at once, and stays nobody's", () => {
  content.set("m:presence:k", "1");
  assert.deepEqual(early().record, { state: 1 });
  stored.acknowledge({ state: 1, stamp: [1, 2] });
  assert.deepEqual(early().record, { state: 1, stamp: [1, 2] });
  // As a helper does with what it has found.
  early().acknowledge({ state: 1, stamp: [1, 2] });
  assert.deepEqual(early().record, { state: 1, stamp: [1, 2] });
});

test("the mark is void when another program changed the state", () => {
  early().publish({ state: 1 });
  content.set("m:presence:k", "2");
  assert.deepEqual(early().record, { state: 2 });
});

test("the mark is there before the state", () => {
  /** @type {string[]} */
  const written = [];
  const slow = { getItem: () => null, setItem: (/** @type {string} */ key) => void written.push(key), removeItem() {} };
  new StoredState(new SafeStorage(slow), "k", "general", () => null).publish({ state: 1 });
  assert.deepEqual(written, ["m:presence-stamp:k", "m:presence:k"]);
});
