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
 * else is known about it stands beside it, and is void if another program has changed the state since.
 */
export class StoredState {
  #storage;
  #stateKey;
  #stampKey;
  #room;

  /**
   * @param {SafeStorage} storage
   * @param {string} key
   * @param {string} room in which the stamps are; those of another room say nothing here
   */
  constructor(storage, key, room) {
    this.#storage = storage;
    this.#room = room;
    this.#stateKey = `m:presence:${key}`;
    this.#stampKey = `m:presence-stamp:${key}`;
  }

  /** The state, or null. */
  get state() {
    return parse(this.#storage.get(this.#stateKey));
  }

  /** @returns {OwnRecord | null} null: nothing is stored; a null state without a stamp: a clear that was not acknowledged */
  get record() {
    const stored = this.#storage.get(this.#stateKey);
    const beside = parse(this.#storage.get(this.#stampKey));
    const state = parse(stored);
    const valid =
      typeof beside === "object" && beside !== null && beside.state === stored && beside.room === this.#room;
    if (!valid) return state === null ? null : { state };
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
   * @param {OwnRecord} record
   * @param {boolean} [traced] though there is nothing to say beside the state
   */
  #write({ state, stamp, deadline, expires }, traced = false) {
    const text = state === null ? null : JSON.stringify(state);
    this.#storage.set(this.#stateKey, text);
    const beside =
      traced || stamp || expires !== undefined
        ? JSON.stringify({ stamp, deadline, expires, room: this.#room, state: text })
        : null;
    this.#storage.set(this.#stampKey, beside);
  }
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
