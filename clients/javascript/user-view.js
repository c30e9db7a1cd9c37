import { sameJson } from "./json.js";
import { compareStamps, isNewer, sameStamp } from "./stamp.js";

/** @typedef {import("./roster.js").Changes} Changes */
/** @typedef {import("./roster.js").Member} Member */
/** @typedef {import("./stamp.js").Stamp} Stamp */

/**
 * One user of a room.
 * @template [TState=any]
 * @typedef {object} User
 * @property {string} id what `stateIdentifier` returned, or the id that the server has verified
 * @property {TState} state the one published last by any of the user's connections
 * @property {number} tabCount how many connections of the user have a state
 * @property {true} [verified] the id is the server's word, not a claim
 */

/** What a member counts as, once its identifier has answered. @typedef {{ group: Group, state: any, stamp: Stamp }} Listing */

/** @typedef {{ member: Member, listing: Listing | null, asked: Stamp | null }} Entry */

/**
 * @typedef {object} Group
 * @property {string} key
 * @property {string} id
 * @property {boolean} verified
 * @property {Set<Entry>} entries
 * @property {Entry | null} top the one with the highest stamp; null: to be found again
 * @property {Entry | null} first the one that joined first; null: to be found again
 * @property {User | null} user as it is shown
 */

/** Returned by an identifier that answers later, with {@link UserView.answer}. */
export const LATER = Symbol("later");

/**
 * The view by user (§11), kept up to date: a change costs what it touches, and one list is made per batch, not per member.
 */
export class UserView {
  /** By connection id. @type {Map<string, Entry>} */
  #entries = new Map();

  /** @type {Map<string, Group>} */
  #groups = new Map();

  /** @type {Set<Group>} */
  #touched = new Set();

  /** @type {Group[]} */
  #order = [];
  #ordered = true;

  /** @type {readonly User[]} */
  #users = [];

  #identify;

  /**
   * @param {(member: Member) => unknown} identify the group id of a member's state, or {@link LATER}; asked once for each
   * state of a member whose user the server has not verified
   */
  constructor(identify) {
    this.#identify = identify;
  }

  /**
   * The users, in the order of their first joining. The array is another one if, and only if, something in it changed;
   * an entry that did not change stays the same object.
   */
  get users() {
    if (this.#touched.size > 0) this.#refresh();
    return this.#users;
  }

  /**
   * The users with the ids of their connections.
   * @returns {{ user: User, connectionIds: string[] }[]}
   */
  get groups() {
    return this.users.map((user, i) => ({
      user,
      connectionIds: [...this.#order[i].entries].map((entry) => entry.member.connectionId),
    }));
  }

  /** @param {Changes} changes */
  take({ left, joined, updated }) {
    // One that is in both only has another number: it did not leave.
    const staying = new Set(joined.map((member) => member.connectionId));
    for (const { connectionId } of left) {
      if (!staying.has(connectionId)) this.#remove(connectionId);
    }
    for (const member of joined) this.#put(member);
    for (const { after } of updated) this.#put(after);
  }

  /**
   * A late answer; dropped if the member has another state by now.
   * @param {string} connectionId the member's
   * @param {Stamp} stamp that of the state which was asked for
   * @param {unknown} id undefined if the identifier failed
   */
  answer(connectionId, stamp, id) {
    const entry = this.#entries.get(connectionId);
    if (!entry?.asked || !sameStamp(entry.asked, stamp)) return;
    entry.asked = null;
    this.#list(entry, false, id);
  }

  /** @param {string} connectionId */
  #remove(connectionId) {
    const entry = this.#entries.get(connectionId);
    if (entry) this.#unlist(entry);
    this.#entries.delete(connectionId);
  }

  /** @param {Member} member */
  #put(member) {
    const known = this.#entries.get(member.connectionId);
    const before = known?.member;
    /** @type {Entry} */
    const entry = known ?? { member, listing: null, asked: null };
    entry.member = member;
    this.#entries.set(member.connectionId, entry);
    if (before && !sameStamp(before.joinedAt, member.joinedAt)) this.#reorder(entry);
    if (before && sameStamp(before.stamp, member.stamp) && before.userId === member.userId) return;
    entry.asked = null;
    if (member.state === null || member.state === undefined) this.#unlist(entry);
    else if (member.userId !== undefined) this.#list(entry, true, member.userId);
    else {
      const id = this.#identify(member);
      if (id === LATER) entry.asked = member.stamp ?? null;
      else this.#list(entry, false, id);
    }
  }

  /** @param {Entry} entry */
  #reorder({ listing }) {
    if (!listing) return;
    listing.group.top = null;
    listing.group.first = null;
    this.#touched.add(listing.group);
  }

  /**
   * @param {Entry} entry
   * @param {boolean} verified
   * @param {unknown} answer
   */
  #list(entry, verified, answer) {
    const { state, stamp } = entry.member;
    const id = Number.isFinite(answer) ? String(answer) : answer;
    if (typeof id !== "string" || !stamp) return this.#unlist(entry);
    const group = this.#groupOf(id, verified);
    if (entry.listing && (entry.listing.group !== group || !isNewer(stamp, entry.listing.stamp))) this.#unlist(entry);
    entry.listing = { group, state, stamp };
    group.entries.add(entry);
    if (group.top && outranks(entry, group.top)) group.top = entry;
    if (group.first && joinedBefore(entry, group.first)) group.first = null;
    this.#touched.add(group);
  }

  /** @param {Entry} entry */
  #unlist(entry) {
    const group = entry.listing?.group;
    if (!group) return;
    entry.listing = null;
    group.entries.delete(entry);
    if (group.top === entry) group.top = null;
    if (group.first === entry) group.first = null;
    this.#touched.add(group);
  }

  /**
   * @param {string} id
   * @param {boolean} verified a verified user never merges with a claim
   */
  #groupOf(id, verified) {
    const key = (verified ? "v" : "c") + id;
    let group = this.#groups.get(key);
    if (!group) {
      group = { key, id, verified, entries: new Set(), top: null, first: null, user: null };
      this.#groups.set(key, group);
    }
    return group;
  }

  #refresh() {
    for (const group of this.#touched) {
      if (group.entries.size === 0) {
        this.#groups.delete(group.key);
        this.#ordered = false;
        continue;
      }
      group.top ??= best(group.entries, outranks);
      if (!group.first) {
        group.first = best(group.entries, joinedBefore);
        this.#ordered = false;
      }
      const { state } = /** @type {Listing} */ (group.top.listing);
      const tabCount = group.entries.size;
      const shown = group.user;
      const same = shown !== null && sameJson(shown.state, state);
      if (same && shown.tabCount === tabCount) continue;
      group.user = {
        id: group.id,
        state: same ? shown.state : state,
        tabCount,
        ...(group.verified && { verified: /** @type {const} */ (true) }),
      };
    }
    this.#touched.clear();
    if (!this.#ordered) {
      this.#order = [...this.#groups.values()].sort((a, b) =>
        order(/** @type {Entry} */ (a.first), /** @type {Entry} */ (b.first)),
      );
      this.#ordered = true;
    }
    const users = this.#order.map((group) => /** @type {User} */ (group.user));
    if (users.length !== this.#users.length || users.some((user, i) => user !== this.#users[i])) this.#users = users;
  }
}

/**
 * @param {Entry} a
 * @param {Entry} b
 */
function order(a, b) {
  return compareStamps(a.member.joinedAt, b.member.joinedAt) || a.member.number - b.member.number;
}

/**
 * @param {Entry} a
 * @param {Entry} b
 */
function joinedBefore(a, b) {
  return order(a, b) < 0;
}

/**
 * @param {Entry} a
 * @param {Entry} b
 */
function outranks(a, b) {
  const mine = a.listing?.stamp;
  const other = b.listing?.stamp;
  return isNewer(mine, other) || (sameStamp(mine, other) && joinedBefore(a, b));
}

/**
 * @param {Set<Entry>} entries
 * @param {(a: Entry, b: Entry) => boolean} better
 */
function best(entries, better) {
  return [...entries].reduce((a, b) => (better(b, a) ? b : a));
}
