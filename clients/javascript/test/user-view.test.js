import assert from "node:assert/strict";
import { test } from "node:test";
import { Replica } from "../replica.js";
import { UserView } from "../user-view.js";

/** @param {number} number @param {string} userId @param {number} revision */
const member = (number, userId, revision) => ({
  connectionId: `conn-${number}`,
  number,
  state: { userId },
  stamp: /** @type {const} */ ([1, revision]),
  joinedAt: /** @type {const} */ ([1, number]),
});

/** @param {import("../roster.js").Member[]} members */
function viewOf(members) {
  const replica = new Replica();
  const view = new UserView(({ state }) => state.userId);
  const take = (/** @type {import("../replica.js").Taken} */ { changes }) => changes.forEach((one) => view.take(one));
  take(replica.snapshot({ epoch: 1, revision: 10, members }));
  return { replica, view, take };
}

test("a change makes a new array, in which the others are the same objects", () => {
  const { replica, view, take } = viewOf([member(1, "al", 3), member(2, "bo", 4)]);
  const before = view.users;
  take(
    replica.take({
      epoch: 1,
      from: 10,
      to: 11,
      updated: [{ number: 2, state: { userId: "bo", mood: "busy" }, stamp: [1, 11] }],
    }),
  );
  assert.notEqual(view.users, before);
  assert.equal(view.users[0], before[0]);
  assert.notEqual(view.users[1], before[1]);
});

test("what changes nothing that is shown makes no new array", () => {
  const { replica, view, take } = viewOf([member(1, "al", 3), member(2, "al", 4)]);
  const before = view.users;
  // The other tab takes over: the same state, now of the member that joined first.
  take(replica.take({ epoch: 1, from: 10, to: 11, updated: [{ number: 1, state: { userId: "al" }, stamp: [1, 4] }] }));
  take(replica.take({ epoch: 1, from: 11, to: 12, updated: [{ number: 1, metadata: { role: "host" } }] }));
  take(replica.snapshot({ epoch: 1, revision: 13, members: [member(1, "al", 4), member(2, "al", 4)] }));
  assert.equal(view.users, before);
});
