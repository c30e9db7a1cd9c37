import { sameJson } from "./json.js";
import { compareStamps, sameStamp } from "./stamp.js";

/** @typedef {import("./stamp.js").Stamp} Stamp */

/**
 * A connection in a room (§10). A value: never changed, only replaced.
 * @typedef {object} Member
 * @property {string} connectionId
 * @property {number} number by which diffs name it; unique in the epoch
 * @property {string} [userId] there if the server has verified who this is
 * @property {string} [sibling] the same for all connections of one user
 * @property {any} [metadata]
 * @property {any} [state] null: cleared or expired; absent: there was none yet
 * @property {Stamp} [stamp] of the state
 * @property {number} [deadline] the server's ms since 1970 at which the state becomes null
 * @property {Stamp} joinedAt
 */

/** @typedef {{ epoch: number, revision: number, members: Member[] }} Snapshot */

/**
 * @typedef {object} MemberUpdate
 * @property {number} number
 * @property {any} [state]
 * @property {Stamp} [stamp] brings state and deadline with it
 * @property {number} [deadline]
 * @property {any} [metadata] null: none; absent: as it was
 */

/**
 * What changed after revision `from`, up to `to`. Only one from {@link compare} carries `fromEpoch`, where the epochs differ.
 * @typedef {object} Diff
 * @property {number} epoch
 * @property {number} [fromEpoch]
 * @property {number} from
 * @property {number} to
 * @property {Member[]} [joined]
 * @property {MemberUpdate[]} [updated]
 * @property {number[]} [left]
 * @property {PartingState[]} [parting] for their siblings, not for the roster
 * @property {boolean} [missed] what some had said before they left is not in it, and perhaps not who came and went
 */

/**
 * What a member said before it left, and no list of a diff tells.
 * @typedef {object} PartingState
 * @property {string} sibling
 * @property {any} [state] null: cleared or expired
 * @property {Stamp} stamp
 * @property {number} [deadline]
 */

/** All members of a room by number. @typedef {{ epoch: number, revision: number, members: Map<number, Member> }} Roster */

/**
 * What a diff really changed in a roster, which may have known part of it.
 * @typedef {object} Changes
 * @property {Member[]} left
 * @property {Member[]} joined
 * @property {{ before: Member, after: Member }[]} updated
 * @property {PartingState[]} [parting] what some had said before they left, as the diff tells it
 * @property {boolean} [missed] and that is not all
 */

/**
 * @param {Snapshot} snapshot
 * @returns {Roster}
 */
export function rosterOf({ epoch, revision, members }) {
  return { epoch, revision, members: new Map(members.map((member) => [member.number, member])) };
}

/**
 * @param {Roster} roster
 * @returns {Snapshot} its members in the order of joining
 */
export function snapshotOf({ epoch, revision, members }) {
  return { epoch, revision, members: [...members.values()].sort((a, b) => compareStamps(a.joinedAt, b.joinedAt)) };
}

/**
 * What a receiver with this roster does with a diff that the server sent.
 * @param {Roster} roster
 * @param {Diff} diff
 * @returns {"ignored" | "applied" | "gap"}
 */
export function judge(roster, diff) {
  if (diff.epoch < roster.epoch) return "ignored";
  if (diff.epoch > roster.epoch) return "gap";
  if (diff.to <= roster.revision) return "ignored";
  return diff.from <= roster.revision ? "applied" : "gap";
}

/**
 * Changes the roster, which belongs to its replica alone, in place: a copy per diff would cost as much as the room is big.
 * @param {Roster} roster
 * @param {Diff} diff
 * @returns {Changes}
 */
export function apply(roster, diff) {
  /** @type {Changes} */
  const changes = { left: [], joined: [], updated: [], parting: diff.parting ?? [], missed: diff.missed === true };
  const { members } = roster;
  for (const number of diff.left ?? []) {
    const member = members.get(number);
    if (!member) continue;
    members.delete(number);
    changes.left.push(member);
  }
  for (const member of diff.joined ?? []) {
    const before = members.get(member.number);
    members.set(member.number, member);
    if (before) changes.updated.push({ before, after: member });
    else changes.joined.push(member);
  }
  for (const update of diff.updated ?? []) {
    const before = members.get(update.number);
    if (!before) continue;
    const after = merge(before, update);
    members.set(update.number, after);
    changes.updated.push({ before, after });
  }
  roster.epoch = diff.epoch;
  roster.revision = diff.to;
  return changes;
}

/**
 * @param {Member} member
 * @param {MemberUpdate} update
 * @returns {Member}
 */
function merge(member, update) {
  const merged = { ...member };
  if (update.stamp) {
    merged.state = update.state ?? null;
    merged.stamp = update.stamp;
    if (update.deadline === undefined) delete merged.deadline;
    else merged.deadline = update.deadline;
  }
  if (update.metadata === null) delete merged.metadata;
  else if (update.metadata !== undefined) merged.metadata = update.metadata;
  return merged;
}

/**
 * The diff that makes `b` of `a`: after `apply(a, compare(a, b))`, a equals b.
 * @param {Roster} a
 * @param {Roster} b
 * @returns {Diff}
 */
export function compare(a, b) {
  /** @type {Member[]} */
  const joined = [];
  /** @type {MemberUpdate[]} */
  const updated = [];
  /** @type {number[]} */
  const left = [];
  for (const [number, { connectionId }] of a.members) {
    if (b.members.get(number)?.connectionId !== connectionId) left.push(number);
  }
  for (const member of snapshotOf(b).members) {
    const before = a.members.get(member.number);
    // What an update can't say is said by joining again, without leaving.
    if (!before || !isUpdateOf(before, member)) joined.push(member);
    else {
      const update = updateOf(before, member);
      if (update) updated.push(update);
    }
  }
  return {
    epoch: b.epoch,
    ...(a.epoch !== b.epoch && { fromEpoch: a.epoch }),
    from: a.revision,
    to: b.revision,
    ...(joined.length > 0 && { joined }),
    ...(updated.length > 0 && { updated }),
    ...(left.length > 0 && { left }),
  };
}

/**
 * Whether `b` is the member `a` at a later time, in a way that an update can say.
 * @param {Member} a
 * @param {Member} b
 */
function isUpdateOf(a, b) {
  return (
    a.connectionId === b.connectionId &&
    a.userId === b.userId &&
    a.sibling === b.sibling &&
    sameStamp(a.joinedAt, b.joinedAt) &&
    (!a.stamp || !!b.stamp)
  );
}

/**
 * @param {Member} a
 * @param {Member} b
 * @returns {MemberUpdate | null}
 */
function updateOf(a, b) {
  const restated = !sameStamp(a.stamp, b.stamp) || a.deadline !== b.deadline || !sameJson(a.state, b.state);
  const described = !sameJson(a.metadata ?? null, b.metadata ?? null);
  if (!restated && !described) return null;
  return {
    number: b.number,
    ...(restated && { state: b.state ?? null, stamp: b.stamp }),
    ...(restated && b.deadline !== undefined && { deadline: b.deadline }),
    ...(described && { metadata: b.metadata ?? null }),
  };
}
