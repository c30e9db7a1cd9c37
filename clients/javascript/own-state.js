import { Deferred } from "./deferred.js";
import { codeOf, MeshError } from "./errors.js";
import { sameJson } from "./json.js";
import { isNewer, sameStamp } from "./stamp.js";
import { withoutStamp } from "./stored-state.js";

/** @typedef {import("./stamp.js").Stamp} Stamp */
/** @typedef {import("./stored-state.js").OwnRecord} OwnRecord */

/** @typedef {{ expireAfter?: number, silent?: boolean }} PublishOptions */

/**
 * What the application wants the user's state to be, until the server has acknowledged it.
 * @typedef {object} Intent
 * @property {any} state null clears
 * @property {number} [expires] this machine's ms since 1970
 * @property {boolean} [silent]
 * @property {"stored" | "remembered"} [source] found in storage, where another tab may change it at any time; or what was
 * acknowledged last, by a server whose stamps say nothing now; by default the application's own word
 * @property {boolean} [sent] on this connection
 * @property {boolean} [stalled] sent, and to be sent again in a while
 * @property {boolean} [insisted] a clear that has found nothing on the own member, and is said once more
 * @property {Deferred<void>[]} waiting
 */

/** @typedef {{ state: any, expireAfter?: number, silent?: boolean }} Publication */

/** What the server said of a state. @typedef {{ stamp?: Stamp | null, deadline?: number }} Acknowledgement */

/** What goes with an entry to the room. @typedef {{ publish: Publication, intent: Intent } | { restore: OwnRecord }} Said */

/**
 * @typedef {object} OwnStateSeams
 * @property {(publication: Publication) => Promise<Acknowledgement>} publish
 * @property {(record: OwnRecord) => Promise<{ restored: boolean, reason?: string }>} restore
 * @property {() => OwnRecord[]} stored what is stored now, maybe by another tab
 * @property {(record: OwnRecord) => void} store what was acknowledged last
 * @property {(refused: OwnRecord, last: OwnRecord | null) => void} revert where the refused one is stored, to the last
 * @property {(record: OwnRecord) => void} adopt what was stored before it was known which user's it is
 */

const RETRY_MS = 1_000;

/** What nodes share is mostly back soon. */
const AWAY_MS = 500;

/** So many may be under way; of those that come meanwhile only the newest is sent. */
const MOST_SENT = 16;

/** Errors of a restore that another attempt may not meet (§13). */
const TRANSIENT = new Set(["ERATE", "EUNAVAILABLE", "ESERVER", "ETIMEOUT"]);

/** Errors that say nothing about the state: it is sent again. */
const NOT_NOW = new Set(["ERATE", "EUNAVAILABLE"]);

/** Errors that are about the state itself, if one was sent: it would be refused again. */
const UNFIT = new Set(["ETOOLARGE", "EINVALID", "EREFUSED"]);

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

  /** The stamp of the restore that is under way, or was answered for good. @type {Stamp | null} */
  #restoring = null;

  /** The stamp of a restore that was answered "future": it is not to be recalled. @type {Stamp | null} */
  #future = null;

  /** A clear, said with the entry, that found nothing to clear on the own member. @type {Intent | null} */
  #vain = null;

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
    this.#consider(record);
    this.#flush();
  }

  /**
   * Learns of a state of this user, from the roster.
   * @param {OwnRecord} record
   * @param {boolean} own it is that of this connection's own member
   */
  observe(record, own) {
    if (own && isNewer(record.stamp, this.#ownStamp)) this.#ownStamp = record.stamp ?? null;
    if (!this.#last || isNewer(record.stamp, this.#last.stamp)) this.#know(record);
    this.takeOver();
  }

  /**
   * The own member is another one by now: the server has joined again what the store had lost, perhaps as it was long ago.
   * @param {Stamp | null} stamp that of its state
   */
  rejoined(stamp) {
    this.#ownStamp = stamp;
    this.#restoring = null;
  }

  /** Another tab may have said something, and gone, without having been seen: it is in the storage that they share. */
  recall() {
    for (const record of this.#seams.stored()) {
      if (record.stamp && !sameStamp(record.stamp, this.#future)) this.observe(record, false);
    }
  }

  /** To an entry that nothing is said with, what is stored is to be said after it. */
  catchUp() {
    this.#reconsider();
    this.#flush();
    this.takeOver();
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
   * @returns {Said | null} null: nothing
   */
  opening() {
    this.#reconsider();
    const intent = this.#prepare();
    if (intent) {
      intent.sent = true;
      return { publish: publicationOf(intent), intent };
    }
    return this.#last?.stamp ? { restore: this.#last } : null;
  }

  /**
   * The connection is a member now.
   * @param {Said | null} said with the entry
   * @param {Acknowledgement & { restored?: boolean, reason?: string }} answer
   */
  opened(said, answer) {
    this.#open = true;
    this.#ownStamp = answer.stamp ?? null;
    if (said && "intent" in said) {
      if (said.publish.state === null && !answer.stamp) this.#vain = said.intent;
      else this.#acknowledged(said.intent, said.publish, answer);
    } else if (said) this.#restored(said.restore, answer.restored ?? false, answer.reason);
    this.#prepare();
    this.#flush();
    this.takeOver();
  }

  /** The roster that came with the entry has told what the user's other connections say. */
  learned() {
    const vain = this.#vain;
    this.#vain = null;
    if (vain) this.#acknowledged(vain, { state: null }, {});
  }

  /**
   * The entry was refused. If that was for what was said with it, this is not said again.
   * @param {Said | null} said
   * @param {unknown} error
   * @returns {boolean} whether it was
   */
  refused(said, error) {
    if (!said || !UNFIT.has(codeOf(error))) return false;
    if ("restore" in said) {
      if (this.#last === said.restore) this.#last = null;
      this.#seams.revert(said.restore, this.#last);
    } else if (this.#intent === said.intent) this.refuse(error);
    return true;
  }

  /** The connection ended: what was not acknowledged waits for the next. */
  closed() {
    this.#open = false;
    if (this.#intent) this.#intent.sent = this.#intent.stalled = false;
    this.#ownStamp = this.#restoring = this.#future = null;
    this.#rest();
  }

  /**
   * The client is another user's, who has nothing to do with what was known before. But what the application itself has said
   * before there was any session is this one's.
   * @param {boolean} first whether there was none
   */
  disown(first) {
    this.#last = null;
    const intent = this.#intent;
    if (first && intent && !intent.source) this.#seams.adopt(recordOf(intent));
    else this.abandon(new MeshError("ECLOSED", "mesh/publish: the connection is another user's now"));
  }

  /** The next server counts otherwise: stamps mean nothing to it. */
  forgetStamps() {
    if (this.#last) this.#last = withoutStamp(this.#last);
  }

  /**
   * Nobody is to wait any more; what was not acknowledged is to be said all the same as soon as possible.
   * @param {unknown} error
   */
  rejectWaiting(error) {
    for (const waiting of this.#intent?.waiting.splice(0) ?? []) waiting.reject(error);
  }

  /**
   * What was not acknowledged is not wanted any more; it stays stored, for the next page.
   * @param {unknown} error
   */
  abandon(error) {
    this.rejectWaiting(error);
    this.#intent = null;
    this.#rest();
  }

  /**
   * What was not acknowledged never will be: what was stays the user's state.
   * @param {unknown} error
   */
  refuse(error) {
    const intent = this.#intent;
    if (!intent) return;
    this.abandon(error);
    // What the room refuses today, and not for the state's sake, it may take tomorrow. The application's own word is void:
    // it has been told so.
    if (intent.source && !UNFIT.has(codeOf(error))) return;
    if (intent.source === "remembered") this.#last = null;
    this.#seams.revert(recordOf(intent), this.#last);
  }

  /**
   * Takes over what is stored.
   * @param {OwnRecord} record
   */
  #consider(record) {
    if (record.stamp) this.observe(record, false);
    else if (!this.#intent && !this.#last) this.#intent = { ...record, source: "stored", waiting: [] };
  }

  /** Other tabs share the storage: what was found there may have been said since, or something later stored. */
  #reconsider() {
    const stored = this.#seams.stored();
    const intent = this.#intent;
    if (intent?.source === "stored" && !stored.some((record) => isSame(record, recordOf(intent)))) this.#intent = null;
    for (const record of stored) this.#consider(record);
  }

  /** @param {Intent} intent */
  #intend(intent) {
    const before = this.#intent;
    this.#intent = intent;
    // One that is under way by itself answers for itself; what goes with an entry does not, nor what came too fast.
    if (before && (before.stalled || !(before.sent && this.#open))) intent.waiting.unshift(...before.waiting.splice(0));
    this.#flush();
  }

  /** On a new connection, what has no stamp is published anew. */
  #prepare() {
    const last = this.#last;
    if (!this.#intent && last && !last.stamp && last.state !== null) {
      this.#intent = { ...last, source: "remembered", waiting: [] };
    }
    return this.#intent;
  }

  #flush() {
    if (!this.#open || this.#sent >= MOST_SENT || !this.#intent || this.#intent.sent) return;
    if (this.#intent.source === "stored") this.#reconsider();
    if (this.#intent && !this.#intent.sent) this.#send(this.#intent);
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
    const code = codeOf(error);
    const newest = this.#intent;
    if (code === "ECLOSED" || NOT_NOW.has(code)) {
      // Who waits for it waits for the newest, or has it: one that was acknowledged.
      if (!newest) for (const waiting of intent.waiting) waiting.resolve();
      else if (newest !== intent) newest.waiting.unshift(...intent.waiting);
      else if (code !== "ECLOSED") {
        intent.stalled = true;
        this.#later(code);
      }
      return;
    }
    if (newest === intent) this.refuse(error);
    else for (const waiting of intent.waiting) waiting.reject(error);
    this.takeOver();
  }

  /**
   * Says again, in a while, what the server could not take now.
   * @param {string | undefined} code why
   */
  #later(code) {
    this.#retry ??= setTimeout(() => {
      this.#rest();
      if (this.#intent?.stalled) this.#intent.sent = this.#intent.stalled = false;
      this.#flush();
      this.takeOver();
    }, code === "EUNAVAILABLE" ? AWAY_MS : RETRY_MS);
  }

  /** Nothing is to be said again in a while. */
  #rest() {
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }

  /**
   * @param {Intent} intent
   * @param {Publication} publication
   * @param {Acknowledgement} answer
   */
  #acknowledged(intent, { state }, { stamp, deadline }) {
    if (state === null && !stamp && this.#insist(intent)) return;
    if (this.#intent === intent) this.#intent = null;
    if (stamp && isNewer(stamp, this.#ownStamp)) this.#ownStamp = stamp;
    const record = {
      ...recordOf({ state, expires: intent.expires }),
      ...(stamp && { stamp }),
      ...(deadline !== undefined && { deadline }),
    };
    // A clear of nothing changes nothing of what is known: without its stamp, states from before would come back.
    const vain = !stamp && state === null && this.#last?.stamp;
    // Without a stamp it is a plain server's, or there was nothing to clear.
    if (!vain && (!stamp || !isNewer(this.#last?.stamp, stamp))) this.#know(record);
    else if (this.#last) this.#know(this.#last);
    for (const waiting of intent.waiting) waiting.resolve();
    this.takeOver();
  }

  /**
   * A clear of nothing reaches no sibling (§9). If one has a state, that is put onto the own member first.
   * @param {Intent} intent
   * @returns {boolean} whether it is said again
   */
  #insist(intent) {
    const last = this.#last;
    if (this.#intent !== intent || intent.insisted || !last?.stamp || last.state === null) return false;
    intent.sent = false;
    // Then it goes with the next entry.
    if (!this.#open) return true;
    intent.insisted = true;
    // Both take effect in the order sent; what comes of the clear says enough of the restore.
    this.#seams.restore(last).catch(() => {});
    this.#flush();
    return true;
  }

  /** @param {OwnRecord} record */
  #know(record) {
    this.#last = record;
    if (!this.#intent) this.#seams.store(record);
  }

  /** Puts what another tab of this user published later onto the own member, so that it survives that tab. */
  async takeOver() {
    const last = this.#last;
    if (!this.#open || this.#intent || this.#retry !== undefined) return;
    if (!last?.stamp || !isNewer(last.stamp, this.#ownStamp) || sameStamp(last.stamp, this.#restoring)) return;
    this.#restoring = last.stamp;
    try {
      const { restored, reason } = await this.#seams.restore(last);
      this.#restored(last, restored, reason);
    } catch (error) {
      // Another error would be the answer to another attempt too; the next entry to the room restores what a close cut off.
      if (!TRANSIENT.has(codeOf(error)) || !sameStamp(this.#restoring, last.stamp)) return;
      this.#restoring = null;
      this.#later(codeOf(error));
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
    if (reason === "expired") {
      this.#know({ state: null, stamp: record.stamp });
      // Or else what the own member showed before it would be shown again.
      this.#restoring = null;
      this.takeOver();
    }
    if (reason === "future") {
      this.#future = record.stamp ?? null;
      // The stamp is of another server's room, or of one that lost its data: the state is as good as new.
      this.#know(withoutStamp(record));
      if (this.#prepare()) this.#flush();
    }
  }
}

/**
 * @param {Pick<Intent, "state" | "expires">} intent
 * @returns {OwnRecord}
 */
function recordOf({ state, expires }) {
  return { state, ...(expires !== undefined && { expires }) };
}

/**
 * @param {OwnRecord} a
 * @param {OwnRecord} b
 */
function isSame(a, b) {
  return sameStamp(a.stamp, b.stamp) && a.expires === b.expires && sameJson(a.state, b.state);
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
