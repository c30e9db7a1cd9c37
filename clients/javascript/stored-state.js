import { sameJson } from "./json.js";
import { isNewer, sameStamp } from "./stamp.js";

/** @typedef {import("./stamp.js").Stamp} Stamp */
/** @typedef {import("./storage.js").SafeStorage} SafeStorage */

/**
 * The user's state as far as it is known: without a stamp if no server has acknowledged it.
 * @typedef {object} OwnRecord
 * @property {any} state null: cleared or expired
 * @property {Stamp} [stamp]
 * @property {number} [deadline] the server's ms since 1970; goes with a stamp
 * @property {number} [expires] this machine's ms since 1970; goes with a state not acknowledged yet
 */

/**
 * The user's own state in a room, kept for the next page. The state itself is stored as existing Mesh apps store it; what
 * else is known about it stands beside it, and is void if another program has changed the state since. That of a user whom
 * the server has verified is kept apart, from that of others and of nobody (§9), by {@link keysOf}.
 */
export class StoredState {
  #storage;
  #key;
  #room;
  #owner;

  /** What stands beside the state that this has stored before it was known whose it is. @type {string | null} */
  #early = null;

  /**
   * @param {SafeStorage} storage
   * @param {string} key
   * @param {string} room in which the stamps are; those of another room say nothing here
   * @param {() => { userId?: string } | null} [owner] whose state it is, nobody's without a `userId`; null: not known yet
   */
  constructor(storage, key, room, owner = () => ({})) {
    this.#storage = storage;
    this.#key = key;
    this.#room = room;
    this.#owner = owner;
  }

  /** The state, or null. */
  get state() {
    return this.record?.state ?? null;
  }

  /** @returns {OwnRecord | null} null: nothing is stored; a null state without a stamp: a clear that was not acknowledged */
  get record() {
    const owner = this.#owner();
    const userId = owner?.userId;
    const keys = keysOf(this.#key, userId);
    const stored = this.#storage.get(keys.state);
    const text = this.#storage.get(keys.stamp);
    const beside = parse(text);
    const state = parse(stored);
    const valid = typeof beside === "object" && beside !== null && beside.state === stored;
    // In the same place may be another's; a user's always says whose it is.
    if (beside?.user !== userId || (userId !== undefined && !valid)) return null;
    // Who has said it may be another user than who is here now.
    if (!owner && valid && beside.early === true && text !== this.#early) return null;
    if (!valid || beside.room !== this.#room) return state === null ? null : { state };
    const { stamp, deadline, expires } = beside;
    return {
      state,
      ...(isStamp(stamp) && { stamp }),
      ...(Number.isSafeInteger(deadline) && { deadline }),
      ...(Number.isSafeInteger(expires) && { expires }),
    };
  }

  /**
   * Stores what the application publishes, before the server knows of it.
   * @param {OwnRecord} record
   */
  publish(record) {
    // A clear leaves a trace until it is acknowledged: without one, nothing would be stored, and nothing said again.
    this.#write(record, record.state === null);
  }

  /**
   * Stores what the server has acknowledged, from this tab or another, if it is newer than what is stored.
   * @param {OwnRecord} record
   */
  acknowledge(record) {
    const stored = this.record;
    if (stored?.stamp && record.stamp && isNewer(stored.stamp, record.stamp)) return;
    this.#write(record);
  }

  /**
   * Stores what was acknowledged last, if what the server has refused is still what is stored.
   * @param {OwnRecord} refused
   * @param {OwnRecord | null} last
   */
  revert(refused, last) {
    const stored = this.record;
    if (stored && sameStamp(stored.stamp, refused.stamp) && sameJson(stored.state, refused.state)) {
      this.#write(last ?? { state: null });
    }
  }

  /**
   * Moves what was published before it was known whose it is to where that user's is.
   * @param {OwnRecord} record if it is this that was stored
   */
  adopt({ state }) {
    const nobodys = new StoredState(this.#storage, this.#key, this.#room);
    const stored = nobodys.record;
    if (!stored || stored.stamp || !sameJson(stored.state, state)) return;
    nobodys.#write({ state: null });
    this.publish(stored);
  }

  /**
   * @param {OwnRecord} record
   * @param {boolean} [traced] though there is nothing to say beside the state
   */
  #write({ state, stamp, deadline, expires }, traced = false) {
    const text = state === null ? null : JSON.stringify(state);
    const owner = this.#owner();
    const user = owner?.userId;
    const keys = keysOf(this.#key, user);
    // What has a stamp comes from nobody's place, as a server has acknowledged it.
    const early = !owner && !stamp;
    const beside =
      early || traced || stamp || expires !== undefined || (user !== undefined && text !== null)
        ? JSON.stringify({ stamp, deadline, expires, room: this.#room, user, ...(early && { early }), state: text })
        : null;
    if (early) this.#early = beside;
    // A user's is never there without saying so, nor what may be one's.
    const first = beside !== null && (early || user !== undefined);
    if (first) this.#storage.set(keys.stamp, beside);
    this.#storage.set(keys.state, text);
    if (!first) this.#storage.set(keys.stamp, beside);
  }
}

/**
 * Where a state is kept. A user is told without colons, so that the last one of a place is what parts a key from a user. Nobody's are
 * where existing Mesh apps have them, also where that is the place of a user: what stands beside a state says whose it is.
 * @param {string} key the application's
 * @param {string} [userId] nobody's if undefined
 */
function keysOf(key, userId) {
  const place = userId === undefined ? key : `${key}:${userId.replaceAll("%", "%25").replaceAll(":", "%3A")}`;
  return { state: `m:presence:${place}`, stamp: `m:presence-stamp:${place}` };
}

/**
 * What is left of a record where its stamp says nothing.
 * @param {OwnRecord} record
 * @returns {OwnRecord}
 */
export function withoutStamp({ state, expires }) {
  return { state, ...(expires !== undefined && { expires }) };
}

/** @param {string | null} text */
function parse(text) {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}

/**
 * @param {unknown} value
 * @returns {value is Stamp}
 */
function isStamp(value) {
  return Array.isArray(value) && value.length === 2 && value.every((part) => Number.isSafeInteger(part) && part >= 0);
}
