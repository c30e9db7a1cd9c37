import { sameJson } from "./json.js";

/** @typedef {import("./replica.js").Replica} Replica */
/** @typedef {import("./replica.js").Taken} Taken */
/** @typedef {import("./roster.js").Member} Member */
/** @typedef {Omit<import("./raw-updates.js").PresenceUpdate, "timestamp">} Update */

/** A connection as plain frames name it. @typedef {{ id: string, metadata?: any } | string} Present */

/** As many events wait for the answer to a subscription; what comes beyond is asked for again. */
const MOST_EARLY = 1_024;

/**
 * Makes a roster of the frames that a plain server sends (§7). Its epoch, revisions, numbers and stamps are made here: they
 * say what came first as far as this connection has seen it, and never leave this client.
 */
export class PlainRoom {
  /** Updates that came before the snapshot. @type {Update[] | null} */
  #early = [];

  /** Whether more of them came than are kept. */
  #lost = false;

  /** @type {Map<string, number>} */
  #numbers = new Map();

  #replica;
  #epoch = 0;
  #revision = 0;
  #number = 0;

  /** @param {Replica} replica */
  constructor(replica) {
    this.#replica = replica;
    const { roster } = replica;
    if (!roster) return;
    this.#epoch = roster.epoch;
    this.#revision = roster.revision;
    for (const { connectionId, number } of roster.members.values()) {
      this.#numbers.set(connectionId, number);
      this.#number = Math.max(this.#number, number);
    }
  }

  /** To be called when the subscription has ended. */
  reopen() {
    this.#early = [];
    this.#lost = false;
    this.#replica.reopen();
  }

  /**
   * The answer to a subscription.
   * @param {Present[]} present in the order of joining
   * @param {Record<string, any>} states
   * @returns {Taken}
   */
  snapshot(present, states) {
    const from = this.#revision;
    this.#revision += present.length + 1;
    const members = present.map((one, i) => {
      const { id, metadata } = typeof one === "string" ? { id: one, metadata: null } : one;
      return this.#member(id, metadata, Object.hasOwn(states, id) ? states[id] : null, from + i + 1);
    });
    this.#numbers = new Map(members.map((member) => [member.connectionId, member.number]));
    const taken = this.#replica.snapshot({ epoch: this.#epoch, revision: this.#revision, members });
    const early = this.#early ?? [];
    const lost = this.#lost;
    this.#early = null;
    for (const update of early) taken.changes.push(...this.update(update).changes);
    if (!lost) return taken;
    // It may be older than what was lost.
    this.reopen();
    return { ...taken, outcome: "gap" };
  }

  /**
   * @param {Update} update
   * @returns {Taken}
   */
  update(update) {
    if (this.#early) {
      this.#lost ||= this.#early.length === MOST_EARLY;
      if (!this.#lost) this.#early.push(update);
      return { outcome: "buffered", changes: [] };
    }
    const { type, connectionId } = update;
    const number = this.#numbers.get(connectionId);
    const from = this.#revision++;
    const to = this.#revision;
    /** @type {Pick<import("./roster.js").Diff, "joined" | "updated" | "left">} */
    let what = {};
    if (type === "leave") {
      if (number !== undefined) what = { left: [number] };
      this.#numbers.delete(connectionId);
    } else if (number === undefined) {
      what = { joined: [this.#member(connectionId, update.metadata, update.state ?? null, to)] };
    } else if (type === "state") {
      what = { updated: [{ number, state: update.state ?? null, stamp: [this.#epoch, to] }] };
    }
    return this.#replica.take({ epoch: this.#epoch, from, to, ...what });
  }

  /**
   * @param {string} connectionId
   * @param {any} metadata
   * @param {any} state
   * @param {number} revision its own, at which it was first seen like this
   * @returns {Member}
   */
  #member(connectionId, metadata, state, revision) {
    const number = this.#numbers.get(connectionId) ?? ++this.#number;
    this.#numbers.set(connectionId, number);
    const known = this.#replica.roster?.members.get(number);
    const now = /** @type {const} */ ([this.#epoch, revision]);
    const stamp = known && sameJson(known.state ?? null, state) ? known.stamp : now;
    return {
      connectionId,
      number,
      ...(metadata != null && { metadata }),
      ...(stamp && (state !== null || known?.stamp) && { state, stamp }),
      joinedAt: known?.joinedAt ?? now,
    };
  }
}
