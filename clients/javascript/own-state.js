import { Deferred } from "./deferred.js";
import { MeshError } from "./errors.js";
import { sameJson } from "./json.js";
import { isNewer, sameStamp } from "./stamp.js";

/** @typedef {import("./stamp.js").Stamp} Stamp */
/** @typedef {import("./stored-state.js").OwnRecord} OwnRecord */

/** @typedef {{ expireAfter?: number, silent?: boolean }} PublishOptions */

/**
 * What the application wants the user's state to be, until the server has acknowledged it.
 * @typedef {object} Intent
 * @property {any} state null clears
 * @property {number} [expires] this machine's ms since 1970
 * @property {boolean} [silent]
 * @property {boolean} [sent] on this connection
 * @property {Deferred<void>[]} waiting
 */

/** @typedef {{ state: any, expireAfter?: number, silent?: boolean }} Publication */

/** What the server said of a state. @typedef {{ stamp?: Stamp | null, deadline?: number }} Acknowledgement */

/**
 * @typedef {object} OwnStateSeams
 * @property {(publication: Publication) => Promise<Acknowledgement>} publish
 * @property {(record: OwnRecord) => Promise<{ restored: boolean, reason?: string }>} restore
 * @property {(record: OwnRecord) => void} store what was acknowledged last
 */

const RETRY_MS = 1_000;

/** So many may be under way; of those that come meanwhile only the newest is sent. */
const MOST_SENT = 16;

/**
 * The user's state in one room: what was published last by any tab, as far as this one knows, and what this one still has
 * to say. Restores are for the states that have a stamp, publishing for those that have none (§9).
 */
export class OwnState {
  /** What was acknowledged last, of this tab or another. @type {OwnRecord | null} */
  #last = null;

  /** @type {Intent | null} */
  #intent = null;

  /** How many are under way. */
  #sent = 0;

  /** Whether this client's connection is a member, and may speak. */
  #open = false;

  /** The stamp of this connection's own member, as far as it is known. @type {Stamp | null} */
  #ownStamp = null;

  /** The stamp of the restore under way. @type {Stamp | null} */
  #restoring = null;

  #retry = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  #seams;

  /** @param {OwnStateSeams} seams */
  constructor(seams) {
    this.#seams = seams;
  }

  /**
   * Publishes now, or as soon as the connection stands. Of several that had to wait only the newest is sent.
   * @param {any} state
   * @param {PublishOptions} options
   * @returns {Promise<void>} resolved when the server has acknowledged this, or a later one
   */
  publish(state, { expireAfter, silent }) {
    const waiting = new Deferred();
    this.#intend({ state, silent, ...(expireAfter && { expires: Date.now() + expireAfter }), waiting: [waiting] });
    return waiting.promise;
  }

  /**
   * Takes what a helper has stored into account.
   * @param {OwnRecord} record
   */
  contribute(record) {
    if (record.stamp) this.observe(record, false);
    else if (!this.#intent && !this.#last && record.state !== null) this.#intend({ ...record, waiting: [] });
  }

  /**
   * Learns of a state of this user, from the roster.
   * @param {OwnRecord} record
   * @param {boolean} own it is that of this connection's own member
   */
  observe(record, own) {
    if (own && isNewer(record.stamp, this.#ownStamp)) this.#ownStamp = record.stamp ?? null;
    if (!this.#last || isNewer(record.stamp, this.#last.stamp)) this.#know(record);
    this.#takeOver();
  }

  /**
   * Learns from a plain server, which has no stamps, what the own member's state is.
   * @param {any} state
   */
  see(state) {
    if (!this.#intent && !sameJson(state, this.#last?.state ?? null)) this.#know({ state });
  }

  /**
   * What to say with the entry to the room on a new connection.
   * @returns {{ publish: Publication, intent: Intent } | { restore: OwnRecord } | null} null: nothing
   */
  opening() {
    const intent = this.#prepare();
    if (intent) {
      intent.sent = true;
      return { publish: publicationOf(intent), intent };
    }
    return this.#last?.stamp ? { restore: this.#last } : null;
  }

  /**
   * The connection is a member now.
   * @param {ReturnType<OwnState["opening"]>} said with the entry
   * @param {Acknowledgement & { restored?: boolean, reason?: string }} answer
   */
  opened(said, answer) {
    this.#open = true;
    this.#ownStamp = answer.stamp ?? null;
    if (said && "intent" in said) this.#acknowledged(said.intent, said.publish, answer);
    else if (said) this.#restored(said.restore, answer.restored ?? false, answer.reason);
    this.#prepare();
    this.#flush();
    this.#takeOver();
  }

  /** The connection ended: what was not acknowledged waits for the next. */
  closed() {
    this.#open = false;
    if (this.#intent) this.#intent.sent = false;
    this.#ownStamp = this.#restoring = null;
    clearTimeout(this.#retry);
  }

  /** The next server counts otherwise: stamps mean nothing to it. */
  forgetStamps() {
    if (this.#last) this.#last = withoutStamp(this.#last);
  }

  /**
   * Rejects what was not acknowledged.
   * @param {unknown} error
   * @param {boolean} [keep] it is to be said all the same as soon as possible
   * @returns {boolean} whether there was something
   */
  fail(error, keep = false) {
    const intent = this.#intent;
    if (!keep) this.#intent = null;
    clearTimeout(this.#retry);
    for (const waiting of intent?.waiting.splice(0) ?? []) waiting.reject(error);
    return intent !== null;
  }

  /** @param {Intent} intent */
  #intend(intent) {
    const before = this.#intent;
    this.#intent = intent;
    // One that is under way by itself answers for itself; what goes with an entry does not.
    if (before && !(before.sent && this.#open)) intent.waiting.unshift(...before.waiting.splice(0));
    this.#flush();
  }

  /** On a new connection, what has no stamp is published anew. */
  #prepare() {
    const last = this.#last;
    if (!this.#intent && last && !last.stamp && last.state !== null) this.#intent = { ...last, waiting: [] };
    return this.#intent;
  }

  #flush() {
    const intent = this.#intent;
    if (this.#open && intent && !intent.sent && this.#sent < MOST_SENT) this.#send(intent);
  }

  /** @param {Intent} intent */
  async #send(intent) {
    const publication = publicationOf(intent);
    intent.sent = true;
    this.#sent++;
    try {
      this.#acknowledged(intent, publication, await this.#seams.publish(publication));
    } catch (error) {
      this.#unanswered(intent, error);
    }
    this.#sent--;
    this.#flush();
  }

  /**
   * @param {Intent} intent
   * @param {unknown} error
   */
  #unanswered(intent, error) {
    const code = error instanceof MeshError ? error.code : "";
    const newest = this.#intent;
    if (code === "ECLOSED" || code === "ERATE") {
      // Who waits for it waits for the newest, or has it: one that was acknowledged.
      if (!newest) for (const waiting of intent.waiting) waiting.resolve();
      else if (newest !== intent) newest.waiting.unshift(...intent.waiting);
      else if (code === "ERATE") this.#retry = setTimeout(() => this.#again(intent), RETRY_MS);
      return;
    }
    if (newest === intent) this.#intent = null;
    for (const waiting of intent.waiting) waiting.reject(error);
    this.#takeOver();
  }

  /** @param {Intent} intent */
  #again(intent) {
    intent.sent = false;
    this.#flush();
  }

  /**
   * @param {Intent} intent
   * @param {Publication} publication
   * @param {Acknowledgement} answer
   */
  #acknowledged(intent, { state }, { stamp, deadline }) {
    if (this.#intent === intent) this.#intent = null;
    if (stamp && isNewer(stamp, this.#ownStamp)) this.#ownStamp = stamp;
    const record = {
      state,
      ...(stamp && { stamp }),
      ...(deadline !== undefined && { deadline }),
      ...(intent.expires !== undefined && { expires: intent.expires }),
    };
    // Without a stamp it is a plain server's, or there was nothing to clear.
    if (!stamp || !isNewer(this.#last?.stamp, stamp)) this.#know(record);
    else if (this.#last) this.#know(this.#last);
    for (const waiting of intent.waiting) waiting.resolve();
    this.#takeOver();
  }

  /** @param {OwnRecord} record */
  #know(record) {
    this.#last = record;
    if (!this.#intent) this.#seams.store(record);
  }

  /** Puts what another tab of this user published later onto the own member, so that it survives that tab. */
  async #takeOver() {
    const last = this.#last;
    if (!this.#open || this.#intent || !last?.stamp || !isNewer(last.stamp, this.#ownStamp)) return;
    if (sameStamp(last.stamp, this.#restoring)) return;
    this.#restoring = last.stamp;
    try {
      const { restored, reason } = await this.#seams.restore(last);
      this.#restored(last, restored, reason);
    } catch {
      // The next entry to the room restores it.
    }
  }

  /**
   * @param {OwnRecord} record
   * @param {boolean} restored
   * @param {string} [reason]
   */
  #restored(record, restored, reason) {
    if (restored && isNewer(record.stamp, this.#ownStamp)) this.#ownStamp = record.stamp ?? null;
    if (this.#last !== record) return;
    if (reason === "expired") this.#know({ state: null, stamp: record.stamp });
    if (reason === "future") {
      // The stamp is of another server's room, or of one that lost its data: the state is as good as new.
      this.#know(withoutStamp(record));
      if (record.state !== null && !this.#intent) this.#intend({ state: record.state, waiting: [] });
    }
  }
}

/**
 * @param {OwnRecord} record
 * @returns {OwnRecord}
 */
function withoutStamp({ state, expires }) {
  return { state, ...(expires !== undefined && { expires }) };
}

/**
 * What is left to say of an intent: one that has expired meanwhile is a clear.
 * @param {Intent} intent
 * @returns {Publication}
 */
function publicationOf({ state, expires, silent }) {
  const expireAfter = expires === undefined ? undefined : Math.ceil(expires - Date.now());
  return {
    state: expireAfter !== undefined && expireAfter <= 0 ? null : state,
    ...(expireAfter !== undefined && expireAfter > 0 && { expireAfter }),
    ...(silent && { silent }),
  };
}
