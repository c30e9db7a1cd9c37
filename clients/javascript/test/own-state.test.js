import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { MeshError } from "../errors.js";
import { OwnState } from "../own-state.js";

/** What was asked of the server and of storage. @type {{ published: any[], restored: any[], stored: any[], reverted: any[] }} */
let seen;
/** What is stored now. @type {import("../stored-state.js").OwnRecord | null} */
let kept;
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
  seen = { published: [], restored: [], stored: [], reverted: [] };
  kept = null;
  own = new OwnState({
    publish: (publication) => (seen.published.push(publication), pending()),
    restore: (record) => (seen.restored.push(record), pending()),
    stored: () => (kept ? [kept] : []),
    store: (record) => void seen.stored.push((kept = record)),
    revert: (...both) => void seen.reverted.push(both),
  });
});

/** @param {import("../stored-state.js").OwnRecord} record that a page finds */
function find(record) {
  kept = record;
  own.contribute(record);
}

const settle = () => new Promise(setImmediate);

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
  find({ state: "typing", expires: Date.now() - 1 });
  const said = own.opening();
  assert.ok(said && "publish" in said);
  assert.deepEqual(said.publish, { state: null });
});

test("an acknowledged state comes back with its stamp", () => {
  find({ state: "a", stamp: [1, 3], deadline: 9 });
  assert.deepEqual(own.opening(), { restore: { state: "a", stamp: [1, 3], deadline: 9 } });
});

test("a stamp from the future is another server's: the state is published", () => {
  find({ state: "a", stamp: [9, 3] });
  const said = own.opening();
  own.opened(said, { restored: false, reason: "future" });
  assert.deepEqual(seen.published, [{ state: "a" }]);
  assert.deepEqual(seen.stored.at(-1), { state: "a" });
});

test("a state whose deadline has passed is cleared", () => {
  find({ state: "a", stamp: [1, 3], deadline: 9 });
  own.opened(own.opening(), { restored: false, reason: "expired" });
  assert.deepEqual(seen.stored.at(-1), { state: null, stamp: [1, 3] });
});

test("a takeover of what has expired leaves the own member cleared, and not with what was before", async () => {
  own.opened(null, { stamp: [1, 1] });
  own.observe({ state: "before", stamp: [1, 1] }, true);
  own.observe({ state: "expired", stamp: [1, 5] }, false);
  answer({ restored: false, reason: "expired" });
  await settle();
  assert.deepEqual(seen.restored.at(-1), { state: null, stamp: [1, 5] });
  answer({ restored: true });
  await settle();
  own.observe({ state: "expired", stamp: [1, 5] }, false);
  assert.equal(seen.restored.length, 2);
});

test("a clear of nothing that is answered when the connection has ended is said again with the next entry", async () => {
  own.opened(null, {});
  own.publish(null, {});
  own.observe({ state: "v", stamp: [1, 4] }, false);
  own.closed();
  answer({ stamp: null });
  await settle();
  assert.deepEqual(own.opening()?.publish, { state: null });
});

test("a refusal reaches the caller, and is not said again", async () => {
  own.opened(null, {});
  const published = own.publish("a", {});
  refuse(new MeshError("ETOOLARGE", "too large"));
  await assert.rejects(published, { code: "ETOOLARGE" });
  assert.equal(own.opening(), null);
});

test("an own word that was refused is stored no longer: what was acknowledged last is", async () => {
  own.opened(null, {});
  own.observe({ state: "good", stamp: [1, 2] }, true);
  const published = own.publish("bad", {});
  refuse(new MeshError("ETOOLARGE", "too large"));
  await assert.rejects(published, { code: "ETOOLARGE" });
  assert.deepEqual(seen.reverted, [[{ state: "bad" }, { state: "good", stamp: [1, 2] }]]);
});

test("a refusal of one that is not the newest changes nothing that is stored", async () => {
  own.opened(null, {});
  const bad = own.publish("bad", {});
  const refuseBad = refuse;
  own.publish("better", {});
  refuseBad(new MeshError("ETOOLARGE", "too large"));
  await assert.rejects(bad, { code: "ETOOLARGE" });
  assert.deepEqual(seen.reverted, []);
});

test("disposing leaves what was not acknowledged for the next page", async () => {
  const published = own.publish("a", {});
  own.abandon(new MeshError("EDISPOSED", "disposed"));
  await assert.rejects(published, { code: "EDISPOSED" });
  assert.deepEqual(seen.reverted, []);
  assert.equal(own.opening(), null);
});

test("what a page found stored is published no more once another page has said it, or something later", () => {
  find({ state: "X" });
  kept = { state: "Y", stamp: [1, 4] };
  assert.deepEqual(own.opening(), { restore: { state: "Y", stamp: [1, 4] } });
  assert.deepEqual(seen.published, []);
});

test("what a page found stored, and another has overwritten without an answer yet, is replaced by that", () => {
  find({ state: "X" });
  kept = { state: "Y" };
  const said = own.opening();
  assert.ok(said && "publish" in said);
  assert.deepEqual(said.publish, { state: "Y" });
});

test("a state that another tab has stored meanwhile is restored in place of an older one", () => {
  own.observe({ state: "old", stamp: [1, 3] }, true);
  kept = { state: "new", stamp: [1, 9] };
  assert.deepEqual(own.opening(), { restore: { state: "new", stamp: [1, 9] } });
});

test("a clear that was not acknowledged is found again, and said", () => {
  find({ state: null });
  const said = own.opening();
  assert.ok(said && "publish" in said);
  assert.deepEqual(said.publish, { state: null });
});

test("a clear of nothing clears what the user's other connections say: it is put onto the own member first", async () => {
  const cleared = own.publish(null, {});
  const said = own.opening();
  own.opened(said, { stamp: null });
  own.observe({ state: "v", stamp: [1, 4] }, false);
  own.learned();
  assert.deepEqual(seen.restored, [{ state: "v", stamp: [1, 4] }]);
  assert.deepEqual(seen.published, [{ state: null }]);
  answer({ stamp: [1, 6] });
  await cleared;
  assert.deepEqual(seen.stored, [{ state: null, stamp: [1, 6] }]);
});

test("a clear of nothing, where no other connection says anything, is done", async () => {
  const cleared = own.publish(null, {});
  own.opened(own.opening(), { stamp: null });
  own.learned();
  await cleared;
  assert.deepEqual(seen.published, []);
});

test("a state that keeps the room shut is forgotten, wherever it came from", () => {
  const error = new MeshError("ETOOLARGE", "too large");
  own.see("of a plain server");
  assert.equal(own.refused(own.opening(), error), true);
  kept = null;
  assert.equal(own.opening(), null);
  find({ state: "stamped", stamp: [1, 2] });
  const said = own.opening();
  assert.equal(own.refused(said, error), true);
  assert.deepEqual(seen.reverted.at(-1), [{ state: "stamped", stamp: [1, 2] }, null]);
  kept = null;
  assert.equal(own.opening(), null);
  assert.equal(own.refused(null, error), false);
});

test("a refusal for the room's sake forgets nothing", () => {
  find({ state: "a" });
  const error = new MeshError("EFORBIDDEN", "no");
  assert.equal(own.refused(own.opening(), error), false);
  own.refuse(error);
  assert.deepEqual(seen.reverted, []);
});

test("a takeover that the server could not do now is tried again in a while, and one that it refused is not", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  own.opened(null, { stamp: [1, 1] });
  own.observe({ state: "new", stamp: [1, 5] }, false);
  refuse(new MeshError("ERATE", "slow down"));
  await settle();
  assert.equal(seen.restored.length, 1);
  mock.timers.tick(1_000);
  assert.equal(seen.restored.length, 2);
  refuse(new MeshError("EFORBIDDEN", "no"));
  await settle();
  mock.timers.tick(60_000);
  own.observe({ state: "new", stamp: [1, 5] }, false);
  assert.equal(seen.restored.length, 2);
  mock.timers.reset();
});

test("a publish that came too fast is sent again in a while, also while a takeover waits for the same", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  own.opened(null, { stamp: [1, 1] });
  own.observe({ state: "theirs", stamp: [1, 5] }, false);
  const refuseRestore = refuse;
  const published = own.publish("mine", {});
  refuse(new MeshError("ERATE", "slow down"));
  refuseRestore(new MeshError("ERATE", "slow down"));
  await settle();
  mock.timers.tick(1_000);
  assert.equal(seen.published.length, 2);
  answer({ stamp: [1, 8] });
  await published;
  mock.timers.reset();
});

test("a publish that the server can't keep now is sent until it can", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  own.opened(null, { stamp: [1, 1] });
  const published = own.publish("mine", {});
  for (let times = 2; times < 5; times++) {
    refuse(new MeshError("EUNAVAILABLE", "out of reach"));
    await settle();
    mock.timers.tick(1_000);
    assert.equal(seen.published.length, times);
  }
  answer({ stamp: [1, 8] });
  await published;
  mock.timers.reset();
});

test("a publish that came too fast and is then replaced settles with the one that replaced it", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  own.opened(null, { stamp: [1, 1] });
  let settled = false;
  own.publish("first", {}).finally(() => (settled = true));
  refuse(new MeshError("ERATE", "slow down"));
  await settle();
  const second = own.publish("second", {});
  answer({ stamp: [1, 8] });
  await second;
  await settle();
  assert.ok(settled);
  mock.timers.tick(60_000);
  assert.equal(seen.published.length, 2);
  mock.timers.reset();
});

test("a clear of nothing leaves cleared what was cleared before", async () => {
  find({ state: null, stamp: [1, 6] });
  const cleared = own.publish(null, {});
  own.opened(own.opening(), {});
  own.learned();
  await cleared;
  assert.deepEqual(seen.restored, [{ state: null, stamp: [1, 6] }]);
  own.observe({ state: "before", stamp: [1, 4] }, false);
  assert.equal(kept?.state, null);
});
