import { codeOf, errorOf, MeshError } from "./errors.js";
import { closedError } from "./link.js";
import { isAcknowledgement, isDiff, isObject, isSnapshot, unsound } from "./sound.js";

/** @typedef {import("./link.js").Link} Link */
/** @typedef {import("./own-state.js").OwnState} OwnState */
/** @typedef {import("./own-state.js").Said} Said */
/** @typedef {import("./plain-room.js").PlainRoom} PlainRoom */
/** @typedef {import("./raw-updates.js").PresenceUpdate} PresenceUpdate */
/** @typedef {import("./replica.js").Replica} Replica */
/** @typedef {import("./replica.js").Taken} Taken */
/** @typedef {import("./stored-state.js").OwnRecord} OwnRecord */

/**
 * A room's part of `mesh/enter`.
 * @typedef {object} EnterRequest
 * @property {Record<string, unknown>} body
 * @property {(entry: any) => void} settle
 * @property {(error: unknown) => void} fail
 */

/**
 * What an entry needs of its room.
 * @typedef {object} EntrySeams
 * @property {string} name
 * @property {number} commandTimeout ms
 * @property {Replica} replica
 * @property {OwnState} own
 * @property {() => { entered: boolean, joined: boolean, watched: boolean }} wanted by helpers, by `joinRoom`, by subscribers
 * @property {(requests: EnterRequest[]) => void} enter
 * @property {(taken: Taken, timestamp: number) => void} take
 * @property {() => void} learn the roster holds the own member and its siblings
 * @property {() => void} freshen
 * @property {(error: unknown) => void} report the room can't be entered now
 * @property {(error: unknown) => void} fail nor later
 */

/** Errors after which entering may work later (§13). */
const TRANSIENT = new Set(["ERATE", "ELIMIT", "EUNAVAILABLE", "ESERVER", "ETIMEOUT"]);

/** Errors that are about nothing the user said: it will be said. */
const PATIENT = new Set(["ERATE", "EUNAVAILABLE"]);

const RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
const AWAY_MS = 500;
const MAX_AWAY_MS = 2_000;
const GAP_MS = 50;
const MAX_GAP_MS = 2_000;

/** A room on one connection: what the server has been told of it there, and what it answered. */
export class RoomEntry {
  /** What the server has been told. */
  member = false;
  watching = false;

  /** Whether the server may take this for a member: it was asked to, and whatever it answered, it may have been one before. */
  maybeMember = false;

  /** The server can't tell what changes elsewhere. */
  stale = false;

  /** By which diffs name the own member. @type {number | undefined} */
  number;

  /** When the own member joined. @type {import("./stamp.js").Stamp | undefined} */
  joinedAt;

  /** Whether the roster that came with the entry has told what the user's other connections say. */
  learned = false;

  /** The answer to the newest entry or subscription. @type {Promise<unknown>} */
  answer = Promise.resolve();

  /** The entry by which the helpers are in the room. @type {object | null} */
  #entered = null;

  /** Of an answer that was lower than the roster at hand. @type {number | null} */
  #lowerEpoch = null;

  #ended = false;
  #gaps = 0;
  #failures = 0;
  #retry = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  #link;
  #resumed;
  #plain;
  #seams;

  /**
   * @param {Link} link
   * @param {boolean} resumed
   * @param {PlainRoom | null} plain makes rosters of a plain server's frames
   * @param {EntrySeams} seams
   */
  constructor(link, resumed, plain, seams) {
    this.#link = link;
    this.#resumed = this.maybeMember = resumed;
    this.#plain = plain;
    this.#seams = seams;
  }

  /** Whether the helpers are in the room, or have asked to be. */
  get entered() {
    return this.#entered !== null;
  }

  /** @returns {EnterRequest | null} to be sent with those of other rooms */
  open() {
    if (this.#seams.wanted().entered && !this.#plain) return this.#ask();
    this.#begin();
    return null;
  }

  /** The connection has ended. */
  end() {
    this.#ended = true;
    clearTimeout(this.#retry);
  }

  /** Enters now, alone. */
  enter() {
    if (this.#plain) this.#enterPlain();
    else this.#seams.enter([this.#ask()]);
  }

  /** The helpers want to be in the room no longer. */
  abandon() {
    this.#entered = null;
  }

  /** The subscription is wanted no longer. */
  unwatch() {
    this.watching = false;
    clearTimeout(this.#retry);
  }

  /** @returns {Promise<any>} */
  join() {
    this.member = this.maybeMember = true;
    return this.request("mesh/join-room");
  }

  /** Subscribes without entering, or asks again. */
  watch() {
    this.watching = true;
    this.#await(
      this.request("mesh/subscribe-presence", this.#plain ? {} : { diffs: true, ...this.#known }).then((answer) => {
        if (this.#ended) throw closedError("mesh/subscribe-presence");
        if (!isObject(answer)) throw unsound("mesh/subscribe-presence");
        if (!answer.success) throw refused();
        if (this.watching) this.#receive(answer);
      }),
    );
  }

  /** @param {any} diff a `mesh/presence-diff` */
  diff(diff) {
    const { replica } = this.#seams;
    this.stale = diff.stale === true;
    if (this.watching && !this.#plain) this.#take(isDiff(diff) ? replica.take(diff) : replica.lost(), Date.now());
  }

  /** @param {PresenceUpdate} update a `mesh/presence-update` */
  update(update) {
    if (this.watching && this.#plain) this.#take(this.#plain.update(update), update.timestamp);
  }

  /**
   * @param {import("./own-state.js").Publication} publication
   * @returns {Promise<import("./own-state.js").Acknowledgement>}
   */
  async publish(publication) {
    if (!this.#plain) return acknowledged("mesh/publish", await this.request("mesh/publish", publication));
    const clears = publication.state === null;
    const done = await this.request(
      clears ? "mesh/clear-presence-state" : "mesh/publish-presence-state",
      clears ? {} : publication,
    );
    if (!done && !clears) throw refused();
    return done ? {} : { stamp: null };
  }

  /**
   * @param {OwnRecord} record
   * @returns {Promise<{ restored: boolean, reason?: string }>}
   */
  restore(record) {
    return this.request("mesh/restore", restoreOf(record));
  }

  /**
   * @param {string} command
   * @param {object} [payload] besides the room's name
   * @returns {Promise<any>}
   */
  request(command, payload) {
    return this.#link.request(command, { roomName: this.#seams.name, ...payload }, this.#seams.commandTimeout);
  }

  /** Does what is wanted of the room, or does it again. */
  #begin() {
    const { entered, joined, watched } = this.#seams.wanted();
    if (entered) return this.enter();
    if (joined && !this.member) this.#rejoin(() => this.#seams.wanted().joined).catch((error) => this.#failed(error));
    if (watched) this.watch();
  }

  /** @returns {EnterRequest} to enter, or to ask again */
  #ask() {
    const first = !this.#entered;
    const said = first ? this.#seams.own.opening() : null;
    const entered = (this.#entered ??= {});
    this.member = this.maybeMember = this.watching = true;
    /** @type {EnterRequest} */
    const request = {
      body: {
        roomName: this.#seams.name,
        ...(said && "intent" in said && { publish: said.publish }),
        ...(said && "restore" in said && { restore: restoreOf(said.restore) }),
        ...this.#known,
      },
      settle: () => {},
      fail: () => {},
    };
    const answer = new Promise((resolve, reject) => {
      request.settle = resolve;
      request.fail = reject;
    });
    this.#await(
      answer.then((entry) => {
        if (this.#ended) throw closedError("mesh/enter");
        if (!isObject(entry)) throw unsound("mesh/enter");
        if (!entry.success) throw errorOf(entry.error) ?? refused();
        acknowledged("mesh/enter", entry);
        const current = this.#entered === entered;
        if (current) this.number = entry.number;
        if (current && first) this.#seams.own.opened(said, entry);
        if (this.watching) this.#receive(entry);
        // The roster may have been known before: then the answer does not name those who were there.
        if (current && first) this.#seams.learn();
        if (current) this.#seams.own.recall();
      }),
      said,
      () => this.#entered === entered,
    );
    return request;
  }

  /** Enters by the frames of a plain server. */
  #enterPlain() {
    // Since the session it is known whose the stored states are.
    if (!this.#entered) this.#seams.own.catchUp();
    const entered = (this.#entered = {});
    const joined = this.#rejoin(() => this.#entered === entered);
    this.watch();
    this.#await(Promise.all([joined, this.answer]));
  }

  /**
   * Joins without a subscription, and brings the state back.
   * @param {() => boolean} wanted
   */
  async #rejoin(wanted) {
    await this.join();
    if (!this.#ended && wanted()) this.#seams.own.opened(null, {});
  }

  /** @returns {{ known?: { epoch: number, revision: number } }} what a diff may begin with */
  get #known() {
    const { roster, rebasing } = this.#seams.replica;
    return roster && !rebasing ? { known: { epoch: roster.epoch, revision: roster.revision } } : {};
  }

  /**
   * @param {Promise<unknown>} answer
   * @param {Said | null} [said] with it
   * @param {() => boolean} [current] whether it is still of interest, though another was asked for since
   */
  #await(answer, said = null, current = () => false) {
    this.answer = answer;
    clearTimeout(this.#retry);
    answer.then(
      () => (this.#failures = 0),
      (error) => {
        if (this.answer === answer || current()) this.#failed(error, said);
      },
    );
  }

  /** @param {any} answer to an entry or a subscription */
  #receive({ snapshot, diff, present = [], states = {} }) {
    const { replica } = this.#seams;
    const isSound = this.#plain
      ? Array.isArray(present) && isObject(states)
      : snapshot
        ? isSnapshot(snapshot)
        : isDiff(diff);
    if (!isSound) throw unsound("mesh/enter");
    if (snapshot && this.#beganAnew(snapshot.epoch)) replica.rebase();
    this.#take(
      this.#plain
        ? this.#plain.snapshot(present, states)
        : snapshot
          ? replica.snapshot(snapshot)
          : replica.answer(diff),
      Date.now(),
    );
  }

  /**
   * Whether the server has lost its count, and not only lags behind (§10).
   * @param {number} epoch of a snapshot
   */
  #beganAnew(epoch) {
    const { roster } = this.#seams.replica;
    const lower = !this.#resumed && roster && epoch < roster.epoch ? epoch : null;
    const again = lower !== null && lower === this.#lowerEpoch;
    this.#lowerEpoch = lower;
    return again;
  }

  /**
   * @param {Taken} taken
   * @param {number} timestamp
   */
  #take(taken, timestamp) {
    const { outcome } = taken;
    if (outcome === "applied") this.#gaps = 0;
    // An answer older than what is shown comes from a server that lags behind.
    else if (outcome === "gap" || (outcome === "ignored" && this.#seams.replica.waiting)) this.#askAgain();
    this.#seams.take(taken, timestamp);
  }

  /** Resyncs: at once, and if that did not help, less and less often. */
  #askAgain() {
    const delay = this.#gaps === 0 ? 0 : Math.min(MAX_GAP_MS, GAP_MS * 2 ** this.#gaps);
    this.#gaps++;
    if (delay === 0) this.#begin();
    else this.#later(delay);
  }

  /** @param {number} delay ms */
  #later(delay) {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#begin(), delay);
  }

  /**
   * @param {unknown} error of an entry or a subscription
   * @param {Said | null} [said] with it
   */
  #failed(error, said = null) {
    const code = codeOf(error);
    if (this.#ended || code === "ECLOSED") return;
    const { own, freshen, report, fail } = this.#seams;
    this.#forget();
    freshen();
    // What was about the state alone does not keep the helpers out: they enter without it.
    const unburdened = own.refused(said, error);
    const transient = TRANSIENT.has(code);
    const again = this.#failures > 0;
    if (unburdened || transient) this.#failures++;
    if (unburdened && !again) this.#begin();
    else if (unburdened || transient) this.#later(this.#pause(code));
    else own.refuse(error);
    if (transient && !PATIENT.has(code)) own.rejectWaiting(error);
    report(error);
    if (!unburdened && !transient) fail(error);
  }

  /** @param {string | undefined} code why the last attempt failed */
  #pause(code) {
    const [first, longest] = code === "EUNAVAILABLE" ? [AWAY_MS, MAX_AWAY_MS] : [RETRY_MS, MAX_RETRY_MS];
    return Math.min(longest, first * 2 ** (this.#failures - 1));
  }

  /** What the server was told holds no longer. */
  #forget() {
    this.member = this.watching = this.stale = false;
    this.#entered = null;
    this.number = undefined;
    this.#seams.own.closed();
    clearTimeout(this.#retry);
  }
}

/**
 * @param {string} command
 * @param {any} answer
 */
function acknowledged(command, answer) {
  if (!isObject(answer) || !isAcknowledgement(answer)) throw unsound(command);
  return answer;
}

/** A plain server does not say why it refuses. */
function refused() {
  return new MeshError("EFORBIDDEN", "The server refused: presence is not tracked in this room, or guarded");
}

/** @param {OwnRecord} record */
function restoreOf({ state, stamp, deadline }) {
  return { state, stamp, ...(deadline !== undefined && { deadline }) };
}
