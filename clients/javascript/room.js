import { attempt } from "./emitter.js";
import { errorOf, MeshError } from "./errors.js";
import { closedError } from "./link.js";
import { OwnState } from "./own-state.js";
import { PlainRoom } from "./plain-room.js";
import { updatesOf } from "./raw-updates.js";
import { wasRefused } from "./reconnect.js";
import { Replica } from "./replica.js";
import { snapshotOf } from "./roster.js";

/** @typedef {import("./link.js").Link} Link */
/** @typedef {import("./own-state.js").Publication} Publication */
/** @typedef {import("./own-state.js").PublishOptions} PublishOptions */
/** @typedef {import("./raw-updates.js").PresenceUpdate} PresenceUpdate */
/** @typedef {import("./replica.js").Taken} Taken */
/** @typedef {import("./roster.js").Changes} Changes */
/** @typedef {import("./roster.js").Member} Member */
/** @typedef {import("./stored-state.js").OwnRecord} OwnRecord */
/** @typedef {(update: PresenceUpdate) => unknown} PresenceCallback */

/**
 * One who wants to be in the room and to see it: a presence helper.
 * @typedef {object} Holder
 * @property {(changes: Changes[], fresh: boolean) => void} take what changed, once per frame, and whether that is all there is
 * @property {(fresh: boolean) => void} freshen
 * @property {(record: OwnRecord) => void} store the user's state
 * @property {(error: unknown) => void} fail the room can't be entered
 */

/**
 * What a room needs of its client.
 * @typedef {object} RoomSeams
 * @property {() => string | undefined} connectionId
 * @property {number} commandTimeout ms
 * @property {(requests: EnterRequest[]) => void} enter
 * @property {() => unknown} ended why the client will not come back by itself; null while it may
 * @property {(error: unknown) => void} report
 * @property {(room: Room) => void} unused nobody wants the room any more
 */

/**
 * A room's part of `mesh/enter`.
 * @typedef {object} EnterRequest
 * @property {Record<string, unknown>} body
 * @property {(entry: any) => void} settle
 * @property {(error: unknown) => void} fail
 */

/** Errors after which entering may work later (§13). */
const TRANSIENT = new Set(["ERATE", "ELIMIT", "ESERVER", "ETIMEOUT"]);
/** Errors that may be about a state, without which the room can be entered. */
const TOO_MUCH = new Set(["ETOOLARGE", "EINVALID"]);

/** Errors that say that there is no presence to be seen. */
const NO_PRESENCE = new Set(["ENOTTRACKED", "EFORBIDDEN"]);

const RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
const GAP_MS = 50;
const MAX_GAP_MS = 2_000;

/**
 * A room as this client has it: one membership and one subscription, shared by all helpers, `joinRoom` and
 * `subscribePresence`, and brought back on each new connection.
 */
export class Room {
  #replica = new Replica();

  /** @type {Set<Holder>} */
  #holders = new Set();

  /** By `subscribePresence`; false until it has been answered. @type {Map<PresenceCallback, boolean>} */
  #callbacks = new Map();

  /** By `joinRoom`. */
  #joined = false;

  /** The connection, while there is one. @type {Link | null} */
  #link = null;

  /** Makes rosters of a plain server's frames. @type {PlainRoom | null} */
  #plain = null;

  /** What the server has been told on this connection. */
  #member = false;
  #watching = false;

  /** The entry by which the holders are in the room on this connection. @type {object | null} */
  #entered = null;

  /** By which diffs name the own member. @type {number | undefined} */
  #number;

  /** The answer to the newest entry or subscription. @type {Promise<unknown>} */
  #answer = Promise.resolve();

  #fresh = false;
  #gaps = 0;
  #failures = 0;
  #retry = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  #seams;
  #own;

  /**
   * @param {string} name
   * @param {RoomSeams} seams
   */
  constructor(name, seams) {
    this.name = name;
    this.#seams = seams;
    this.#own = new OwnState({
      publish: (publication) => this.#publish(publication),
      restore: (record) => this.#request("mesh/restore", restoreOf(record)),
      store: (record) => {
        for (const holder of this.#holders) holder.store(record);
      },
    });
  }

  /**
   * @param {Holder} holder
   * @param {OwnRecord | null} stored
   */
  attach(holder, stored) {
    // What is said now is said with the entry.
    if (!this.#entered) this.#own.closed();
    this.#holders.add(holder);
    if (stored) this.#own.contribute(this.#plain ? { state: stored.state } : stored);
    const { roster } = this.#replica;
    if (roster) holder.take([{ left: [], joined: [...roster.members.values()], updated: [] }], this.#fresh);
    if (this.#link && !this.#entered) this.#enter();
  }

  /**
   * @param {Holder} holder
   * @returns {Promise<void>} when the server has been told, if there was something to tell
   */
  async detach(holder) {
    if (!this.#holders.delete(holder) || this.#holders.size > 0) return;
    this.#entered = null;
    this.#own.fail(new MeshError("EDISPOSED", "The presence was disposed"));
    await this.#withdraw();
  }

  /**
   * @param {any} state
   * @param {PublishOptions} options
   */
  publish(state, options) {
    const published = this.#own.publish(state, options);
    const ended = this.#seams.ended();
    if (ended) this.#own.fail(ended, true);
    if (this.#link && !this.#entered) this.#enter();
    return published;
  }

  /** @returns {Promise<{ success: boolean, present: { id: string, metadata: any }[] }>} */
  async join() {
    this.#joined = this.#member = true;
    try {
      const { success, present = [] } = await this.#request("mesh/join-room");
      this.#joined &&= success;
      return { success, present };
    } catch (error) {
      this.#joined = false;
      throw error;
    } finally {
      this.release();
    }
  }

  /** @returns {Promise<{ success: boolean }>} */
  async leave() {
    this.#joined = false;
    this.#callbacks.clear();
    if (this.#holders.size > 0) return { success: true };
    this.#member = false;
    const [{ success }] = await Promise.all([this.#request("mesh/leave-room"), this.#withdraw()]);
    return { success };
  }

  /**
   * @param {PresenceCallback} callback
   * @returns {Promise<{ success: boolean, present: { id: string, metadata: any }[], states: Record<string, any> }>}
   */
  async subscribe(callback) {
    if (!this.#callbacks.has(callback)) this.#callbacks.set(callback, false);
    try {
      if (!this.#watching) this.#watch();
      await this.#answer;
    } catch (error) {
      this.#callbacks.delete(callback);
      this.release();
      if (!NO_PRESENCE.has(codeOf(error))) throw error;
      return { success: false, present: [], states: {} };
    }
    if (this.#callbacks.has(callback)) this.#callbacks.set(callback, true);
    const members = this.#replica.roster ? snapshotOf(this.#replica.roster).members : [];
    return {
      success: true,
      present: members.map(({ connectionId, metadata = null }) => ({ id: connectionId, metadata })),
      states: Object.fromEntries(
        members.filter((one) => one.state != null).map((one) => [one.connectionId, one.state]),
      ),
    };
  }

  /**
   * @param {PresenceCallback} [callback] all, if left out
   * @returns {Promise<boolean>} false if there was no such subscription
   */
  async unsubscribe(callback) {
    const known = callback ? this.#callbacks.delete(callback) : this.#callbacks.size > 0;
    if (!callback) this.#callbacks.clear();
    await this.#withdraw();
    return known;
  }

  /**
   * Publishes by itself what the application said, and remembers it for the next connection.
   * @param {Publication} publication
   * @returns {Promise<boolean>} false if there was nothing to clear
   */
  async publishNow(publication) {
    const { state } = publication;
    const { stamp, deadline } = await this.#publish(publication).finally(() => this.release());
    if (stamp) this.#own.observe({ state, stamp, ...(deadline !== undefined && { deadline }) }, true);
    else if (this.#plain) this.#own.see(state);
    return stamp !== null;
  }

  /**
   * A new connection stands.
   * @param {Link} link
   * @param {boolean} plain
   * @returns {EnterRequest | null} to be sent with those of other rooms
   */
  open(link, plain) {
    this.#link = link;
    if (plain !== (this.#plain !== null)) {
      this.#replica.reopen(true);
      this.#own.forgetStamps();
      this.#plain = plain ? new PlainRoom(this.#replica) : null;
    }
    if (this.#holders.size > 0 && !plain) return this.#entry();
    this.#begin();
    return null;
  }

  /** @param {number} code the connection ended with */
  closed(code) {
    this.#link = null;
    this.#forget();
    this.#replica.reopen();
    this.#plain?.reopen();
    if (wasRefused(code)) this.#own.fail(closedError("mesh/publish"));
    this.#freshen();
  }

  /**
   * The client will not come back by itself: nobody is to wait for it. If the application connects again, it will be said.
   * @param {unknown} error
   */
  end(error) {
    this.#own.fail(error, true);
  }

  /** Ends the room if nobody wants anything of it. */
  release() {
    if (this.#holders.size === 0 && this.#callbacks.size === 0 && !this.#joined) this.#seams.unused(this);
  }

  /** @param {any} diff a `mesh/presence-diff` */
  diff(diff) {
    if (this.#watching && !this.#plain) this.#deliver(this.#replica.take(diff), Date.now());
  }

  /** @param {PresenceUpdate} update a `mesh/presence-update` */
  update(update) {
    if (this.#watching && this.#plain) this.#deliver(this.#plain.update(update), update.timestamp);
  }

  /** Does on this connection what is wanted of the room, or does it again. */
  #begin() {
    if (!this.#link) return;
    if (this.#holders.size > 0) return this.#enter();
    if (this.#joined && !this.#member) this.#rejoin().catch((error) => this.#failed(error));
    if (this.#callbacks.size > 0) this.#watch();
  }

  /** Enters now, alone. */
  #enter() {
    if (this.#plain) this.#enterPlain();
    else this.#seams.enter([this.#entry()]);
  }

  /** @returns {EnterRequest} to enter, or to ask again */
  #entry() {
    const link = this.#link;
    const first = !this.#entered;
    const said = first ? this.#own.opening() : null;
    const entered = (this.#entered ??= {});
    this.#member = this.#watching = true;
    /** @type {EnterRequest} */
    const request = {
      body: {
        roomName: this.name,
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
        if (this.#link !== link) throw closedError("mesh/enter");
        if (!entry.success) throw errorOf(entry.error) ?? refused();
        if (this.#entered === entered) {
          this.#number = entry.number;
          if (first) this.#own.opened(said, entry);
        }
        if (this.#watching) this.#receive(entry);
      }),
    );
    return request;
  }

  /** Enters by the frames of a plain server. */
  #enterPlain() {
    const entered = (this.#entered = {});
    const joined = this.#rejoin(() => this.#entered === entered);
    this.#watch();
    this.#await(Promise.all([joined, this.#answer]));
  }

  /**
   * Joins without a subscription, and brings the state back.
   * @param {() => boolean} [wanted]
   */
  async #rejoin(wanted = () => this.#joined) {
    const link = this.#link;
    this.#member = true;
    await this.#request("mesh/join-room");
    if (this.#link === link && wanted()) this.#own.opened(null, {});
  }

  /** Subscribes without entering, or asks again. */
  #watch() {
    const link = this.#link;
    this.#watching = true;
    this.#await(
      this.#request("mesh/subscribe-presence", this.#plain ? {} : { diffs: true, ...this.#known }).then((answer) => {
        if (this.#link !== link) throw closedError("mesh/subscribe-presence");
        if (!answer.success) throw refused();
        if (this.#watching) this.#receive(answer);
      }),
    );
  }

  /** @returns {{ known?: { epoch: number, revision: number } }} what a diff may begin with */
  get #known() {
    const { roster, rebasing } = this.#replica;
    return roster && !rebasing ? { known: { epoch: roster.epoch, revision: roster.revision } } : {};
  }

  /** @param {Promise<unknown>} answer */
  #await(answer) {
    this.#answer = answer;
    clearTimeout(this.#retry);
    answer.then(
      () => (this.#failures = 0),
      (error) => this.#answer === answer && this.#failed(error),
    );
  }

  /** @param {any} answer to an entry or a subscription */
  #receive(answer) {
    const { snapshot, diff, present = [], states = {} } = answer;
    if (this.#plain) this.#deliver(this.#plain.snapshot(present, states), Date.now());
    else this.#deliver(snapshot ? this.#replica.snapshot(snapshot) : this.#replica.answer(diff), Date.now());
  }

  /**
   * @param {Taken} taken
   * @param {number} timestamp
   */
  #deliver({ outcome, changes }, timestamp) {
    this.#freshen();
    if (outcome === "applied") this.#gaps = 0;
    // An answer older than what is shown comes from a server that lags behind.
    else if (outcome === "gap" || (outcome === "ignored" && this.#replica.waiting)) this.#askAgain();
    if (outcome === "buffered" || outcome === "ignored") return;
    for (const one of changes) this.#learn(one);
    for (const holder of [...this.#holders]) holder.take(changes, this.#fresh);
    for (const update of changes.flatMap((one) => updatesOf(one, this.name, timestamp))) {
      for (const [callback, answered] of [...this.#callbacks]) if (answered) attempt(callback, update);
    }
  }

  /**
   * Learns the user's state from the own member and its siblings, and from nobody else (§9).
   * @param {Changes} changes
   */
  #learn({ joined, updated }) {
    if (this.#holders.size === 0) return;
    const own = this.#seams.connectionId();
    const sibling = this.#number === undefined ? undefined : this.#replica.roster?.members.get(this.#number)?.sibling;
    for (const { connectionId, sibling: theirs, state = null, stamp, deadline } of [
      ...joined,
      ...updated.map((one) => one.after),
    ]) {
      if (!stamp) continue;
      if (this.#plain) connectionId === own && this.#own.see(state);
      else if (connectionId === own || (sibling !== undefined && theirs === sibling)) {
        this.#own.observe({ state, stamp, ...(deadline !== undefined && { deadline }) }, connectionId === own);
      }
    }
  }

  /** Tells the holders whether what they show is all there is. */
  #freshen() {
    const fresh = this.#watching && !this.#replica.waiting;
    if (fresh === this.#fresh) return;
    this.#fresh = fresh;
    for (const holder of [...this.#holders]) holder.freshen(fresh);
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

  /** @param {unknown} error of an entry or a subscription */
  #failed(error) {
    const code = codeOf(error);
    if (code === "ECLOSED") return;
    const transient = TRANSIENT.has(code);
    this.#forget();
    this.#freshen();
    const refused = code !== "ERATE" && this.#own.fail(error, transient);
    if (this.#holders.size > 0) this.#seams.report(error);
    if (refused && TOO_MUCH.has(code)) this.#begin();
    else if (transient) this.#later(Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** this.#failures++));
    else for (const holder of [...this.#holders]) holder.fail(error);
  }

  /** What the server was told holds no longer. */
  #forget() {
    this.#member = this.#watching = false;
    this.#entered = null;
    this.#number = undefined;
    this.#own.closed();
    clearTimeout(this.#retry);
  }

  /** Tells the server what nobody wants any more. */
  async #withdraw() {
    const told = [];
    if (this.#holders.size === 0 && !this.#joined) {
      if (this.#member) told.push(this.#request("mesh/leave-room"));
      this.#member = false;
      this.#own.closed();
    }
    if (this.#holders.size === 0 && this.#callbacks.size === 0) {
      if (this.#watching) told.push(this.#request("mesh/unsubscribe-presence"));
      this.#watching = false;
      this.#replica.reopen();
      this.#plain?.reopen();
      this.#freshen();
      clearTimeout(this.#retry);
    }
    this.release();
    await Promise.allSettled(told);
  }

  /**
   * @param {Publication} publication
   * @returns {Promise<import("./own-state.js").Acknowledgement>}
   */
  async #publish(publication) {
    if (!this.#plain) return this.#request("mesh/publish", publication);
    const clears = publication.state === null;
    const done = await this.#request(
      clears ? "mesh/clear-presence-state" : "mesh/publish-presence-state",
      clears ? {} : publication,
    );
    if (!done && !clears) throw refused();
    return done ? {} : { stamp: null };
  }

  /**
   * @param {string} command
   * @param {object} [payload] besides the room's name
   * @returns {Promise<any>}
   */
  #request(command, payload) {
    if (!this.#link) return Promise.reject(closedError(command));
    return this.#link.request(command, { roomName: this.name, ...payload }, this.#seams.commandTimeout);
  }
}

/** A plain server does not say why it refuses. */
function refused() {
  return new MeshError("EFORBIDDEN", "The server refused: presence is not tracked in this room, or guarded");
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof MeshError ? error.code : "";
}

/** @param {OwnRecord} record */
function restoreOf({ state, stamp, deadline }) {
  return { state, stamp, ...(deadline !== undefined && { deadline }) };
}
