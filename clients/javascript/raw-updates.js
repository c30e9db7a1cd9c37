import { sameStamp } from "./stamp.js";

/** @typedef {import("./roster.js").Changes} Changes */
/** @typedef {import("./roster.js").Member} Member */

/**
 * What a subscriber by connection gets (§7).
 * @typedef {object} PresenceUpdate
 * @property {"join" | "leave" | "state"} type
 * @property {string} connectionId
 * @property {string} roomName
 * @property {number} timestamp ms since 1970
 * @property {any} [state] of a `state` update; null: none any more
 * @property {any} [metadata] of a `join` update, if the connection has some
 */

/**
 * Changes of a roster, told as updates by connection.
 * @param {Changes} changes
 * @param {string} roomName
 * @param {number} timestamp
 * @returns {PresenceUpdate[]}
 */
export function updatesOf({ left, joined, updated }, roomName, timestamp) {
  /** @type {PresenceUpdate[]} */
  const updates = [];
  /** @type {(type: PresenceUpdate["type"], member: Member, more?: object) => unknown} */
  const tell = (type, { connectionId }, more) => updates.push({ type, connectionId, roomName, timestamp, ...more });
  // One that is in both lists only has another number: it did not leave.
  const gone = new Map(left.map((member) => [member.connectionId, member]));
  const staying = new Map(joined.map((member) => [member.connectionId, gone.get(member.connectionId)]));
  for (const member of left) {
    if (!staying.has(member.connectionId)) tell("leave", member);
  }
  for (const member of joined) {
    const before = staying.get(member.connectionId);
    if (!before) tell("join", member, member.metadata != null ? { metadata: member.metadata } : {});
    if (before ? !sameStamp(before.stamp, member.stamp) : member.state != null)
      tell("state", member, { state: member.state ?? null });
  }
  for (const { before, after } of updated) {
    if (!sameStamp(before.stamp, after.stamp)) tell("state", after, { state: after.state ?? null });
  }
  return updates;
}
