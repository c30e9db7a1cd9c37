import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { MeshError } from "../errors.js";
import { Rooms } from "../rooms.js";

const SESSION = { plain: false, resumed: false, connectionId: "me", token: "t" };

/** A connection whose server is the test. */
class FakeLink {
  messageLimit = Infinity;

  /** @type {{ command: string, payload: any, answer: (payload: any) => void, refuse: (error: unknown) => void }[]} */
  requests = [];

  /** @param {string} command @param {any} payload */
  request(command, payload) {
    return new Promise((answer, refuse) => void this.requests.push({ command, payload, answer, refuse }));
  }

  get last() {
    return this.requests[this.requests.length - 1];
  }

  get commands() {
    return this.requests.map((one) => one.command);
  }

  /** The newest request is answered for its one room. @param {object} entry */
  async enter(entry) {
    await settle();
    assert.equal(this.last.command, "mesh/enter");
    this.last.answer({ rooms: [{ roomName: "r", success: true, number: 1, ...entry }] });
    await settle();
  }

  /** @param {string} code */
  async shut(code) {
    await this.enter({ success: false, error: { error: code, code, name: "CommandError" } });
  }
}

const settle = () => new Promise(setImmediate);
const me = { connectionId: "me", number: 1, sibling: "s", joinedAt: [1, 5] };
const other = { connectionId: "phone", number: 2, sibling: "s", joinedAt: [1, 2], state: "busy", stamp: [1, 3] };

/** @type {Rooms} */
let rooms;
/** @type {FakeLink} */
let link;
/** @type {unknown[]} */
let errors;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  errors = [];
  rooms = new Rooms({ connectionId: () => "me", commandTimeout: 1_000, report: (error) => void errors.push(error) });
  link = new FakeLink();
});

/** @param {object} [session] */
const open = (session) => rooms.open(/** @type {any} */ (link), { ...SESSION, ...session });

/** A presence helper. @param {any} [record] what it finds stored @param {string} [room] */
function attach(record = null, room = "r") {
  const holder = {
    fresh: false,
    stored: () => record,
    /** @type {any[]} */
    kept: [],
    /** @type {unknown} */
    failure: null,
    take: (/** @type {any} */ _, /** @type {boolean} */ fresh) => void (holder.fresh = fresh),
    freshen: (/** @type {boolean} */ fresh) => void (holder.fresh = fresh),
    store: (/** @type {any} */ one) => void holder.kept.push((record = one)),
    revert: (/** @type {any} */ _, /** @type {any} */ last) => void (record = last),
    /** @type {any[]} */
    adopted: [],
    adopt: (/** @type {any} */ one) => void holder.adopted.push(one),
    fail: (/** @type {unknown} */ error) => void (holder.failure = error),
  };
  rooms.get(room).attach(holder);
  return holder;
}

test("a helper learns what its siblings say, also where the roster was known before it came", async () => {
  open();
  const subscribed = rooms.get("r").subscribe(() => {});
  link.last.answer({ success: true, snapshot: { epoch: 1, revision: 4, members: [other] } });
  await subscribed;
  const holder = attach();
  await settle();
  assert.deepEqual(link.last.payload.rooms[0].known, { epoch: 1, revision: 4 });
  await link.enter({ stamp: null, diff: { epoch: 1, from: 4, to: 5, joined: [me] } });
  assert.deepEqual(holder.kept, [{ state: "busy", stamp: [1, 3] }]);
  assert.equal(link.last.command, "mesh/restore");
});

test("what is said in the turn in which a helper comes goes with its entry, and the rooms of one turn go together", async () => {
  open();
  for (const name of ["r", "s"]) {
    attach(null, name);
    rooms.get(name).publish(`in ${name}`, {});
  }
  await settle();
  assert.deepEqual(link.commands, ["mesh/enter"]);
  assert.deepEqual(
    link.last.payload.rooms.map((/** @type {any} */ one) => [one.roomName, one.publish]),
    [
      ["r", { state: "in r" }],
      ["s", { state: "in s" }],
    ],
  );
});

test("a helper that comes and goes in one turn is in no room", async () => {
  open();
  const holder = attach();
  rooms.get("r").detach(holder);
  await settle();
  assert.deepEqual(link.commands, []);
});

test("a state that the server does not take keeps nobody out of the room, nor asks without end", async () => {
  const holder = attach({ state: "too large", stamp: [1, 3] });
  open();
  assert.ok(link.last.payload.rooms[0].restore);
  await link.shut("ETOOLARGE");
  assert.deepEqual(link.last.payload, { rooms: [{ roomName: "r" }] });
  await link.enter({ snapshot: { epoch: 1, revision: 5, members: [me] } });
  assert.ok(holder.fresh);
  assert.equal(errors.length, 1);
});

test("a second refusal in a row waits before it enters again", async () => {
  attach({ state: "too large", stamp: [1, 3] });
  const room = rooms.get("r");
  room.publish("too large as well", {}).catch(() => {});
  open();
  await link.shut("ETOOLARGE");
  assert.ok(link.last.payload.rooms[0].restore);
  await link.shut("ETOOLARGE");
  assert.equal(link.requests.length, 2);
  mock.timers.tick(2_000);
  assert.deepEqual(link.last.payload, { rooms: [{ roomName: "r" }] });
});

test("a state that the application refuses is told so, forgotten, and keeps nobody out of the room", async () => {
  const holder = attach({ state: "rude", stamp: [1, 3] });
  const published = rooms.get("r").publish("ruder", {});
  open();
  assert.deepEqual(link.last.payload.rooms[0].publish, { state: "ruder" });
  await link.shut("EREFUSED");
  await assert.rejects(published, { code: "EREFUSED" });
  assert.deepEqual(link.last.payload.rooms[0].restore, { state: "rude", stamp: [1, 3] });
  await link.shut("EREFUSED");
  assert.equal(holder.stored(), null);
  mock.timers.tick(2_000);
  assert.deepEqual(link.last.payload, { rooms: [{ roomName: "r" }] });
  await link.enter({ snapshot: { epoch: 1, revision: 5, members: [me] } });
  assert.ok(holder.fresh);
  assert.equal(holder.failure, null);
});

test("what is refused without a state is refused for good", async () => {
  const holder = attach();
  open();
  await link.shut("EFORBIDDEN");
  mock.timers.tick(60_000);
  assert.equal(link.requests.length, 1);
  assert.ok(holder.failure instanceof MeshError);
});

test("a server that began anew by an earlier clock is believed when it says so again", async () => {
  const holder = attach();
  open();
  await link.enter({ snapshot: { epoch: 9, revision: 5, members: [{ ...me, joinedAt: [9, 5] }] } });
  rooms.closed(1006);
  assert.ok(!holder.fresh);
  link = new FakeLink();
  open();
  const snapshot = { epoch: 8, revision: 2, members: [{ ...me, joinedAt: [8, 1] }] };
  await link.enter({ snapshot });
  assert.ok(!holder.fresh);
  // What overtakes the answer is of the new count, and is not lost.
  rooms.event("mesh/presence-diff", { roomName: "r", epoch: 8, from: 2, to: 3, left: [7] });
  await link.enter({ snapshot });
  assert.ok(holder.fresh);
  rooms.event("mesh/presence-diff", { roomName: "r", epoch: 8, from: 3, to: 4, left: [7] });
  assert.ok(holder.fresh);
});

test("after a resume a lower epoch is a server that lags behind, however often", async () => {
  const holder = attach();
  open();
  await link.enter({ snapshot: { epoch: 9, revision: 5, members: [{ ...me, joinedAt: [9, 5] }] } });
  rooms.closed(1006);
  link = new FakeLink();
  open({ resumed: true });
  for (let i = 0; i < 5; i++) {
    await link.enter({ snapshot: { epoch: 8, revision: 2, members: [me] } });
    mock.timers.tick(2_000);
  }
  assert.ok(!holder.fresh);
});

test("a room left over a connection that died is left on the one that resumes it", async () => {
  const holder = attach();
  open();
  await link.enter({ snapshot: { epoch: 1, revision: 5, members: [me] } });
  rooms.get("r").detach(holder);
  assert.ok(link.commands.includes("mesh/leave-room"));
  rooms.closed(1006);
  link = new FakeLink();
  open({ resumed: true });
  assert.deepEqual(link.commands, ["mesh/leave-room"]);
  link.last.answer({ success: true });
  await settle();
  rooms.closed(1006);
  link = new FakeLink();
  open({ resumed: true });
  assert.deepEqual(link.commands, []);
});

test("what was asked on a WebSocket that another has succeeded is asked there, and answered nowhere else", async () => {
  const holder = attach();
  open();
  const former = link;
  link = new FakeLink();
  open({ resumed: true });
  await former.shut("EFORBIDDEN");
  assert.equal(holder.failure, null);
  assert.deepEqual(errors, []);
  await link.enter({ snapshot: { epoch: 1, revision: 5, members: [me] } });
  assert.ok(holder.fresh);
});

test("what was published on a WebSocket that another has succeeded, and not answered, is published on that", async () => {
  attach();
  open();
  await link.enter({ snapshot: { epoch: 1, revision: 5, members: [me] } });
  const published = rooms.get("r").publish("mine", {});
  link = new FakeLink();
  open({ resumed: true });
  assert.deepEqual(link.last.payload.rooms[0].publish, { state: "mine" });
  await link.enter({ stamp: [1, 6], diff: { epoch: 1, from: 5, to: 6, updated: [{ number: 1, state: "mine", stamp: [1, 6] }] } });
  await published;
});

test("a room that is wanted again by then is not left", async () => {
  const holder = attach();
  open();
  await link.enter({ snapshot: { epoch: 1, revision: 5, members: [me] } });
  rooms.get("r").detach(holder);
  rooms.closed(1006);
  attach();
  link = new FakeLink();
  open({ resumed: true });
  assert.deepEqual(link.commands, ["mesh/enter"]);
});

test("a view is stale from a diff that says so to the next that does not", async () => {
  open();
  const holder = attach();
  await link.enter({ stamp: null, snapshot: { epoch: 1, revision: 5, members: [me] } });
  assert.equal(holder.fresh, true);
  rooms.get("r").diff({ roomName: "r", epoch: 1, from: 5, to: 5, stale: true });
  assert.equal(holder.fresh, false);
  rooms.get("r").diff({ roomName: "r", epoch: 1, from: 5, to: 6, joined: [other], stale: true });
  assert.equal(holder.fresh, false);
  rooms.get("r").diff({ roomName: "r", epoch: 1, from: 6, to: 6 });
  assert.equal(holder.fresh, true);
});

test("what another tab has stored where the node has missed changes is taken over", async () => {
  open();
  const holder = attach();
  await link.enter({ stamp: null, snapshot: { epoch: 1, revision: 4, members: [me] } });
  holder.stored = () => ({ state: "busy", stamp: [1, 6] });
  rooms.get("r").diff({ roomName: "r", epoch: 1, from: 4, to: 5 });
  assert.equal(link.last.command, "mesh/enter");
  rooms.get("r").diff({ roomName: "r", epoch: 1, from: 5, to: 7, missed: true });
  assert.equal(link.last.command, "mesh/restore");
  assert.deepEqual([link.last.payload.state, link.last.payload.stamp], ["busy", [1, 6]]);
});

test("what another tab has stored, and left, while the entry was on its way is taken over, but not what it has not been acknowledged", async () => {
  open();
  const holder = attach();
  await settle();
  holder.stored = () => ({ state: "busy" });
  await link.enter({ stamp: null, snapshot: { epoch: 1, revision: 5, members: [me] } });
  assert.equal(link.last.command, "mesh/enter");
  // A gap: it asks again.
  rooms.get("r").diff({ roomName: "r", epoch: 1, from: 7, to: 7 });
  holder.stored = () => ({ state: "busy", stamp: [1, 6] });
  await link.enter({ snapshot: { epoch: 1, revision: 7, members: [me] } });
  assert.equal(link.last.command, "mesh/restore");
  assert.deepEqual([link.last.payload.state, link.last.payload.stamp], ["busy", [1, 6]]);
});

test("while what nodes share is out of reach a room is entered again and again, at most 2 s apart, and what was said waits", async () => {
  open();
  attach();
  let settled = false;
  rooms
    .get("r")
    .publish("mine", {})
    .finally(() => (settled = true));
  await settle();
  for (const pause of [500, 1_000, 2_000, 2_000, 2_000]) {
    const { length } = link.requests;
    await link.shut("EUNAVAILABLE");
    mock.timers.tick(pause - 1);
    assert.equal(link.requests.length, length);
    mock.timers.tick(1);
    assert.equal(link.requests.length, length + 1);
  }
  assert.equal(settled, false);
  assert.deepEqual(link.last.payload.rooms[0].publish, { state: "mine" });
  await link.enter({ stamp: [1, 6], snapshot: { epoch: 1, revision: 6, members: [{ ...me, state: "mine", stamp: [1, 6] }] } });
  assert.equal(settled, true);
});

test("an own member that the server has joined again, as it was long ago, gets the state of its siblings", async () => {
  open();
  attach();
  await link.enter({ stamp: null, snapshot: { epoch: 1, revision: 5, members: [other, me] } });
  assert.deepEqual(link.last.payload.state, "busy");
  link.last.answer({ restored: true });
  await settle();
  // While the own member was away nothing was learned; it comes back under another number.
  rooms.get("r").diff({ roomName: "r", epoch: 1, from: 5, to: 6, left: [1] });
  rooms.get("r").diff({ roomName: "r", epoch: 1, from: 6, to: 7, updated: [{ number: 2, state: "free", stamp: [1, 7] }] });
  const { length } = link.requests;
  rooms.get("r").diff({ roomName: "r", epoch: 1, from: 7, to: 8, joined: [{ ...me, number: 3, joinedAt: [1, 8] }] });
  assert.deepEqual(link.requests.slice(length).map((one) => one.payload.state), ["free"]);
});

test("an own member that the roster of the entry did not have, since the store had lost it, gets the state of its siblings", async () => {
  open();
  attach();
  await link.enter({ stamp: null, snapshot: { epoch: 2, revision: 0, members: [other] } });
  const { length } = link.requests;
  rooms.get("r").diff({ roomName: "r", epoch: 2, from: 0, to: 1, joined: [{ ...me, joinedAt: [2, 1] }] });
  assert.deepEqual(link.requests.slice(length).map((one) => one.payload.state), ["busy"]);
});

test("what siblings had said before they left is taken over, and nothing of others", async () => {
  open();
  const holder = attach();
  await link.enter({ stamp: null, snapshot: { epoch: 1, revision: 5, members: [me] } });
  const parting = [
    { sibling: "m", state: "forged", stamp: [1, 8] },
    { sibling: "s", state: "busy", stamp: [1, 7], deadline: 9 },
  ];
  rooms.get("r").diff({ roomName: "r", epoch: 1, from: 5, to: 9, left: [2, 3], parting });
  assert.deepEqual(holder.kept, [{ state: "busy", stamp: [1, 7], deadline: 9 }]);
  assert.deepEqual(link.last.payload, { roomName: "r", state: "busy", stamp: [1, 7], deadline: 9 });
  // An answer may have told of the rest already.
  rooms.get("r").diff({ roomName: "r", epoch: 1, from: 6, to: 9, parting: [{ sibling: "s", state: "gone", stamp: [1, 8] }] });
  assert.deepEqual(link.last.payload, { roomName: "r", state: "gone", stamp: [1, 8] });
});

for (const [what, ...diffs] of /** @type {[string, ...any[]][]} */ ([
  ["it is told", { from: 4, to: 7, left: [7], parting: [{ sibling: "s", state: "busy", stamp: [1, 6] }] }],
  ["the answer tells of the rest", { from: 2, to: 4, parting: [{ sibling: "s", state: "busy", stamp: [1, 6] }] }],
  [
    "one diff tells of it, and another of the leave",
    { from: 4, to: 6, updated: [{ number: 2, state: "busy", stamp: [1, 6] }] },
    { from: 6, to: 7, left: [2] },
  ],
]))
  test(`what siblings had said before they left while the entry was on its way is taken over where ${what}`, async () => {
    open();
    attach();
    await settle();
    for (const diff of diffs) rooms.get("r").diff({ roomName: "r", epoch: 1, ...diff });
    await link.enter({ stamp: null, snapshot: { epoch: 1, revision: 4, members: [{ ...other, state: undefined, stamp: undefined }, me] } });
    assert.equal(link.last.command, "mesh/restore");
    assert.deepEqual([link.last.payload.state, link.last.payload.stamp], ["busy", [1, 6]]);
  });

test("what a sibling had said that left as the own member was lost is taken over once that is back", async () => {
  open();
  const holder = attach();
  await link.enter({ stamp: null, snapshot: { epoch: 1, revision: 5, members: [me] } });
  rooms.get("r").diff({ roomName: "r", epoch: 1, from: 5, to: 8, left: [1], parting: [{ sibling: "s", state: "busy", stamp: [1, 6] }] });
  link.last.refuse(new MeshError("ENOTMEMBER", "Not a member"));
  await settle();
  rooms.get("r").diff({ roomName: "r", epoch: 1, from: 8, to: 9, joined: [{ ...me, number: 3, joinedAt: [1, 9] }] });
  assert.deepEqual([link.last.payload.state, link.last.payload.stamp], ["busy", [1, 6]]);
  link.last.answer({ restored: true });
  await settle();
  // And what was stored while it was away, or said by one that came and went.
  rooms.get("r").diff({ roomName: "r", epoch: 1, from: 9, to: 10, left: [3] });
  holder.stored = () => ({ state: "free", stamp: [1, 11] });
  rooms.get("r").diff({ roomName: "r", epoch: 1, from: 10, to: 13, joined: [{ ...me, number: 4, joinedAt: [1, 13] }] });
  assert.deepEqual([link.last.payload.state, link.last.payload.stamp], ["free", [1, 11]]);
  rooms.get("r").diff({ roomName: "r", epoch: 1, from: 13, to: 14, left: [4] });
  rooms.get("r").diff({ roomName: "r", epoch: 1, from: 14, to: 15, joined: [{ ...other, number: 5, state: "off", stamp: [1, 15] }] });
  rooms.get("r").diff({ roomName: "r", epoch: 1, from: 15, to: 16, left: [5] });
  const { length } = link.requests;
  rooms.get("r").diff({ roomName: "r", epoch: 1, from: 16, to: 17, joined: [{ ...me, number: 6, joinedAt: [1, 17] }] });
  assert.deepEqual(link.requests.slice(length).map((one) => one.payload.state), ["off"]);
});

test("what a sibling said in an epoch that the room has begun, and left before that was told, is taken over", async () => {
  open();
  attach();
  await link.enter({ stamp: null, snapshot: { epoch: 1, revision: 5, members: [me] } });
  rooms.get("r").diff({ roomName: "r", epoch: 2, from: 3, to: 3 });
  rooms.get("r").diff({ roomName: "r", epoch: 2, from: 3, to: 4, left: [2] });
  const again = { ...me, joinedAt: [2, 1] };
  await link.enter({ stamp: null, snapshot: { epoch: 2, revision: 3, members: [again, { ...other, joinedAt: [2, 2], stamp: [2, 3] }] } });
  assert.equal(link.last.command, "mesh/restore");
  assert.deepEqual([link.last.payload.state, link.last.payload.stamp], ["busy", [2, 3]]);
});

test("what another tab has stored that the room counts as to come says nothing there", async () => {
  open();
  const holder = attach({ state: "old", stamp: [9, 1] });
  await settle();
  rooms.get("r").publish("new", {});
  await settle();
  await link.enter({ restored: false, reason: "future", stamp: null, snapshot: { epoch: 1, revision: 5, members: [me] } });
  holder.stored = () => ({ state: "old", stamp: [9, 1] });
  rooms.get("r").diff({ roomName: "r", epoch: 1, from: 5, to: 6, missed: true });
  assert.deepEqual([link.last.command, link.last.payload.state], ["mesh/publish", "new"]);
  link.last.answer({ stamp: [1, 7] });
  await settle();
  assert.deepEqual([link.last.command, link.last.payload.state], ["mesh/publish", "new"]);
});

test("a room that is entered again while the answer to its leave is on its way is not stale by what was said before", async () => {
  open();
  const first = attach();
  const snapshot = { epoch: 1, revision: 5, members: [me] };
  await link.enter({ stamp: null, snapshot });
  rooms.get("r").detach(first);
  const unsubscribed = link.last;
  assert.equal(unsubscribed.command, "mesh/unsubscribe-presence");
  const holder = attach();
  await settle();
  const entered = link.last;
  rooms.get("r").diff({ roomName: "r", epoch: 1, from: 5, to: 5, stale: true });
  unsubscribed.answer(true);
  await settle();
  entered.answer({ rooms: [{ roomName: "r", success: true, number: 1, stamp: null, snapshot }] });
  await settle();
  assert.equal(holder.fresh, true);
});

test("a room that could not be entered again is left all the same, and is not stale once it is entered", async () => {
  open();
  const holder = attach();
  const snapshot = { epoch: 1, revision: 5, members: [me] };
  await link.enter({ stamp: null, snapshot });
  rooms.get("r").diff({ roomName: "r", epoch: 2, from: 1, to: 1, stale: true });
  await link.shut("EUNAVAILABLE");
  mock.timers.tick(500);
  await link.enter({ stamp: null, snapshot: { ...snapshot, epoch: 2 } });
  assert.equal(holder.fresh, true);
  rooms.get("r").diff({ roomName: "r", epoch: 2, from: 7, to: 7 });
  await link.shut("EUNAVAILABLE");
  rooms.get("r").detach(holder);
  assert.equal(link.requests.filter((one) => one.command === "mesh/leave-room").length, 1);
});
