import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { MeshError } from "../errors.js";
import { OwnState } from "../own-state.js";

/** What was asked of the server, and how to answer. @type {{ published: any[], restored: any[], stored: any[] }} */
let seen;
/** @type {(answer: any) => void} */
let answer;
/** @type {(error: unknown) => void} */
let refuse;
/** @type {OwnState} */
let own;

const pending = () =>
  new Promise((resolve, reject) => {
    answer = resolve;
    refuse = reject;
  });

beforeEach(() => {
  seen = { published: [], restored: [], stored: [] };
  own = new OwnState({
    publish: (publication) => (seen.published.push(publication), pending()),
    restore: (record) => (seen.restored.push(record), pending()),
    store: (record) => void seen.stored.push(record),
  });
});

test("a sibling's newer state is stored and put onto the own member", () => {
  own.opened(null, { stamp: [1, 5] });
  own.observe({ state: "new", stamp: [1, 7], deadline: 9 }, false);
  assert.deepEqual(seen.stored, [{ state: "new", stamp: [1, 7], deadline: 9 }]);
  assert.deepEqual(seen.restored, [{ state: "new", stamp: [1, 7], deadline: 9 }]);
});

test("a sibling's null is taken over too", () => {
  own.opened(null, { stamp: [1, 5] });
  own.observe({ state: null, stamp: [1, 7] }, false);
  assert.deepEqual(seen.restored, [{ state: null, stamp: [1, 7] }]);
});

test("an older state of a sibling is not taken over", () => {
  own.opened(null, { stamp: [1, 5] });
  own.observe({ state: "own", stamp: [1, 5] }, true);
  own.observe({ state: "old", stamp: [1, 4] }, false);
  assert.deepEqual(seen.restored, []);
  assert.deepEqual(seen.stored, [{ state: "own", stamp: [1, 5] }]);
});

test("the same state is not restored twice", () => {
  own.opened(null, {});
  own.observe({ state: "new", stamp: [1, 7] }, false);
  own.observe({ state: "new", stamp: [1, 7] }, false);
  assert.equal(seen.restored.length, 1);
});

test("what is published and not acknowledged is not overwritten by a takeover", async () => {
  own.opened(null, {});
  const published = own.publish("mine", {});
  own.observe({ state: "theirs", stamp: [1, 7] }, false);
  assert.deepEqual(seen.stored, []);
  assert.deepEqual(seen.restored, []);
  answer({ stamp: [1, 8] });
  await published;
  assert.deepEqual(seen.stored, [{ state: "mine", stamp: [1, 8] }]);
});

test("a state that a sibling published after one's own is taken over when that is acknowledged", async () => {
  own.opened(null, {});
  const published = own.publish("mine", {});
  own.observe({ state: "theirs", stamp: [1, 9] }, false);
  answer({ stamp: [1, 8] });
  await published;
  assert.deepEqual(seen.stored, [{ state: "theirs", stamp: [1, 9] }]);
  assert.deepEqual(seen.restored, [{ state: "theirs", stamp: [1, 9] }]);
});

test("of what had to wait only the newest is said, and all who wait are answered", async () => {
  const both = [own.publish("a", {}), own.publish("b", { silent: true })];
  const said = own.opening();
  assert.ok(said && "publish" in said);
  assert.deepEqual(said.publish, { state: "b", silent: true });
  own.opened(said, { stamp: [1, 3] });
  await Promise.all(both);
  assert.deepEqual(seen.published, []);
});

test("one published while the entry is under way also answers for what went with the entry", async () => {
  const first = own.publish("a", {});
  const said = own.opening();
  assert.ok(said);
  const second = own.publish("b", {});
  own.closed();
  const again = own.opening();
  assert.ok(again && "publish" in again);
  assert.deepEqual(again.publish, { state: "b" });
  own.opened(again, { stamp: [1, 3] });
  await Promise.all([first, second]);
});

test("however fast it is published, only so many are under way, and the newest is sent", async () => {
  own.opened(null, {});
  const all = Array.from({ length: 100 }, (_, i) => own.publish(i, {}));
  assert.equal(seen.published.length, 16);
  // The last of those that were sent; the newest of the others follows it.
  answer({ stamp: [1, 16] });
  await all[15];
  await new Promise(setImmediate);
  assert.deepEqual(seen.published.slice(16), [{ state: 99 }]);
  answer({ stamp: [1, 17] });
  await Promise.all(all.slice(16));
});

test("what was under way when the connection ended is said again", async () => {
  own.opened(null, {});
  const published = own.publish("a", {});
  own.closed();
  refuse(new MeshError("ECLOSED", "closed"));
  await new Promise(setImmediate);
  const said = own.opening();
  assert.ok(said && "publish" in said);
  own.opened(said, { stamp: [1, 3] });
  await published;
});

test("what expired while it had to wait is a clear", () => {
  own.contribute({ state: "typing", expires: Date.now() - 1 });
  const said = own.opening();
  assert.ok(said && "publish" in said);
  assert.deepEqual(said.publish, { state: null });
});

test("an acknowledged state comes back with its stamp", () => {
  own.contribute({ state: "a", stamp: [1, 3], deadline: 9 });
  assert.deepEqual(own.opening(), { restore: { state: "a", stamp: [1, 3], deadline: 9 } });
});

test("a stamp from the future is another server's: the state is published", () => {
  own.contribute({ state: "a", stamp: [9, 3] });
  const said = own.opening();
  own.opened(said, { restored: false, reason: "future" });
  assert.deepEqual(seen.published, [{ state: "a" }]);
  assert.deepEqual(seen.stored.at(-1), { state: "a" });
});

test("a state whose deadline has passed is cleared", () => {
  own.contribute({ state: "a", stamp: [1, 3], deadline: 9 });
  own.opened(own.opening(), { restored: false, reason: "expired" });
  assert.deepEqual(seen.stored.at(-1), { state: null, stamp: [1, 3] });
});

test("a refusal reaches the caller, and is not said again", async () => {
  own.opened(null, {});
  const published = own.publish("a", {});
  refuse(new MeshError("ETOOLARGE", "too large"));
  await assert.rejects(published, { code: "ETOOLARGE" });
  assert.equal(own.opening(), null);
});
