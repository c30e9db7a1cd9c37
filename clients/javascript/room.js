import { codeOf, MeshError } from "./errors.js";
import { closedError } from "./link.js";
import { OwnState } from "./own-state.js";
import { PlainRoom } from "./plain-room.js";
import { RawSubscribers } from "./raw-subscribers.js";
import { wasRefused } from "./reconnect.js";
import { Replica } from "./replica.js";
import { RoomEntry } from "./room-entry.js";
import { sameStamp } from "./stamp.js";
import { withoutStamp } from "./stored-state.js";

/** @typedef {import("./link.js").Link} Link */
/** @typedef {import("./own-state.js").Publication} Publication */
/** @typedef {import("./own-state.js").PublishOptions} PublishOptions */
/** @typedef {import("./raw-subscribers.js").PresenceCallback} PresenceCallback */
/** @typedef {import("./raw-updates.js").PresenceUpdate} PresenceUpdate */
/** @typedef {import("./replica.js").Taken} Taken */
/** @typedef {import("./room-entry.js").EnterRequest} EnterRequest */
/** @typedef {import("./roster.js").Changes} Changes */
/** @typedef {import("./roster.js").Member} Member */
/** @typedef {import("./stored-state.js").OwnRecord} OwnRecord */

/**
 * One who wants to be in the room and to see it: a presence helper.
 * @typedef {object} Holder
 * @property {(changes: Changes[], fresh: boolean) => void} take what changed, once per frame, and whether that is all there is
 * @property {(fresh: boolean) => void} freshen
 * @property {() => OwnRecord | null} stored the user's state as it is stored now, maybe by another tab
 * @property {(record: OwnRecord) => void} store the user's state
 * @property {(refused: OwnRecord, last: OwnRecord | null) => void} revert to what was acknowledged last
 * @property {(record: OwnRecord) => void} adopt what was stored before it was known which user's it is
 * @property {(error: unknown) => void} fail the room can't be entered
 */

/**
 * What a room needs of its client.
 * @typedef {object} RoomSeams
 * @property {() => string | undefined} connectionId
 * @property {number} commandTimeout ms
 * @property {(requests: EnterRequest[]) => void} enter
 * @property {(room: Room) => void} enterSoon at the end of the turn
 * @property {(roomName: string) => Promise<{ success: boolean }>} leave
 * @property {() => unknown} ended why the client will not come back by itself; null while it may
 * @property {(error: unknown) => void} report
 * @property {(room: Room) => void} unused nobody wants the room any more
 * @property {(roomName: string) => void} unsubscribed a subscription to the room has ended, and perhaps there is another already
 */

/** Errors that say that there is no presence to be seen. */
const NO_PRESENCE = new Set(["ENOTTRACKED", "EFORBIDDEN"]);

/**
 * A room as this client has it: one membership and one subscription, shared by all helpers, `joinRoom` and
 * `subscribePresence`, and brought back on each new connection.
 */
export class Room {
  #replica = new Replica();

  /** @type {Set<Holder>} */
  #holders = new Set();

  /** By `subscribePresence`. */
  #subscribers = new RawSubscribers();

  /** By `joinRoom`. */
  #joined = false;

  /** On the connection that stands, if there is one. @type {RoomEntry | null} */
  #entry = null;

  /** Makes rosters of a plain server's frames. @type {PlainRoom | null} */
  #plain = null;

  /** The id that the user's connections share, also while the server has lost the own member. @type {string | undefined} */
  #sibling;

  #fresh = false;
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
      restore: async (record) => this.#current("mesh/restore").restore(record),
      stored: () => [...this.#holders].map((holder) => this.#storedBy(holder)).filter((record) => record !== null),
      store: (record) => {
        for (const holder of this.#holders) holder.store(record);
      },
      revert: (refused, last) => {
        for (const holder of this.#holders) holder.revert(refused, last);
      },
      adopt: (record) => {
        for (const holder of this.#holders) holder.adopt(record);
      },
    });
  }

  /** Whether the connection is to be a member. */
  get wantsMembership() {
    return this.#holders.size > 0 || this.#joined;
  }

  /** @param {Holder} holder */
  attach(holder) {
    // What is said now is said with the entry.
    if (!this.#entry?.entered) this.#own.closed();
    this.#holders.add(holder);
    const stored = this.#storedBy(holder);
    if (stored) this.#own.contribute(stored);
    const { roster } = this.#replica;
    if (roster) holder.take([{ left: [], joined: [...roster.members.values()], updated: [] }], this.#fresh);
    this.#enter();
  }

  /**
   * @param {Holder} holder
   * @returns {Promise<void>} when the server has been told, if there was something to tell
   */
  async detach(holder) {
    if (!this.#holders.delete(holder) || this.#holders.size > 0) return;
    this.#entry?.abandon();
    this.#own.abandon(new MeshError("EDISPOSED", "The presence was disposed"));
    await this.#withdraw();
  }

  /**
   * @param {any} state
   * @param {PublishOptions} options
   */
  publish(state, options) {
    const published = this.#own.publish(state, options);
    const ended = this.#seams.ended();
    if (ended) this.#own.rejectWaiting(ended);
    this.#enter();
    return published;
  }

  /**
   * Tells the application of what is nobody's answer.
   * @param {unknown} error
   */
  report(error) {
    this.#seams.report(error);
  }

  /** @returns {Promise<{ success: boolean, present: { id: string, metadata: any }[] }>} */
  async join() {
    this.#joined = true;
    try {
      const { success, present = [] } = await this.#current("mesh/join-room").join();
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
    this.#subscribers.remove();
    if (this.#holders.size > 0) return { success: true };
    const [{ success }] = await Promise.all([this.#leave(), this.#withdraw()]);
    return { success };
  }

  /**
   * @param {PresenceCallback} callback
   * @returns {Promise<{ success: boolean, present: { id: string, metadata: any }[], states: Record<string, any> }>}
   */
  async subscribe(callback) {
    this.#subscribers.add(callback);
    try {
      const entry = this.#current("mesh/subscribe-presence");
      if (!entry.watching) entry.watch();
      await entry.answer;
    } catch (error) {
      this.#subscribers.remove(callback);
      this.release();
      if (!NO_PRESENCE.has(codeOf(error))) throw error;
      return { success: false, present: [], states: {} };
    }
    return { success: true, ...this.#subscribers.answer(callback, this.#replica.roster) };
  }

  /**
   * @param {PresenceCallback} [callback] all, if left out
   * @returns {Promise<boolean>} false if there was no such subscription
   */
  async unsubscribe(callback) {
    const known = this.#subscribers.remove(callback);
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
    if (stamp) this.#own.observe(recordOf({ state, stamp, deadline }), true);
    else if (this.#plain) this.#own.see(state);
    return stamp !== null;
  }

  /**
   * A new connection stands.
   * @param {Link} link
   * @param {{ plain: boolean, resumed: boolean }} session
   * @returns {EnterRequest | null} to be sent with those of other rooms
   */
  open(link, { plain, resumed }) {
    if (plain !== (this.#plain !== null)) {
      this.#replica.reopen(true);
      this.#own.forgetStamps();
      this.#plain = plain ? new PlainRoom(this.#replica) : null;
    }
    this.#entry = new RoomEntry(link, resumed, this.#plain, {
      name: this.name,
      commandTimeout: this.#seams.commandTimeout,
      replica: this.#replica,
      own: this.#own,
      wanted: () => ({
        entered: this.#holders.size > 0,
        joined: this.#joined,
        watched: this.#subscribers.size > 0,
      }),
      enter: this.#seams.enter,
      take: (taken, timestamp) => this.#deliver(taken, timestamp),
      learn: () => {
        this.#learn(this.#replica.roster?.members.values() ?? []);
        if (this.#entry) this.#entry.learned = true;
        this.#own.learned();
      },
      freshen: () => this.#freshen(),
      report: (error) => this.#holders.size > 0 && this.#seams.report(error),
      fail: (error) => {
        for (const holder of [...this.#holders]) holder.fail(error);
      },
    });
    return this.#entry.open();
  }

  /**
   * The helpers have said what they had to say.
   * @returns {EnterRequest | null} to be sent with those of other rooms
   */
  enter() {
    return this.#entry && !this.#entry.entered && this.#holders.size > 0 ? this.#entry.open() : null;
  }

  /** What was asked on the connection at hand is void. Where another follows at once, what is shown does not count as stale. */
  part() {
    this.#entry?.end();
    this.#entry = null;
    this.#own.closed();
    this.#replica.reopen();
    this.#plain?.reopen();
  }

  /**
   * The client is another user's than before, as the server has verified it.
   * @param {boolean} first whether there was no session before
   */
  disown(first) {
    this.#sibling = undefined;
    this.#own.disown(first);
  }

  /** @param {number} code the connection ended with */
  closed(code) {
    this.part();
    if (wasRefused(code)) this.#own.refuse(closedError("mesh/publish"));
    this.#freshen();
  }

  /**
   * The client will not come back by itself: nobody is to wait for it. If the application connects again, it will be said.
   * @param {unknown} error
   */
  end(error) {
    this.#own.rejectWaiting(error);
  }

  /** Ends the room if nobody wants anything of it. */
  release() {
    if (!this.wantsMembership && this.#subscribers.size === 0) this.#seams.unused(this);
  }

  /** A subscription to the room has ended: what was said of it is not said of one that was made since. */
  noLongerStale() {
    if (this.#entry) this.#entry.stale = false;
    this.#freshen();
  }

  /** @param {any} diff a `mesh/presence-diff` */
  diff(diff) {
    this.#entry?.diff(diff);
  }

  /** @param {PresenceUpdate} update a `mesh/presence-update` */
  update(update) {
    this.#entry?.update(update);
  }

  /** What the application says in the turn in which it comes is said with the entry: to all others it is one change. */
  #enter() {
    if (this.#entry && !this.#entry.entered) this.#seams.enterSoon(this);
  }

  /**
   * @param {string} command what for
   * @returns {RoomEntry}
   */
  #current(command) {
    if (!this.#entry) throw closedError(command);
    return this.#entry;
  }

  /** @param {Publication} publication */
  async #publish(publication) {
    return this.#current("mesh/publish").publish(publication);
  }

  /**
   * @param {Holder} holder
   * @returns {OwnRecord | null} as far as it says something to the server at hand
   */
  #storedBy(holder) {
    const record = holder.stored();
    if (!this.#plain || !record?.stamp) return record;
    return record.state === null ? null : withoutStamp(record);
  }

  /**
   * @param {Taken} taken
   * @param {number} timestamp
   */
  #deliver({ outcome, changes }, timestamp) {
    this.#freshen();
    for (const one of changes) {
      this.#learn([...one.joined, ...one.updated.map((both) => both.after)]);
      this.#hear(one);
    }
    if (outcome === "buffered" || outcome === "ignored") return;
    for (const holder of [...this.#holders]) holder.take(changes, this.#fresh);
    this.#subscribers.tell(changes, this.name, timestamp);
  }

  /**
   * Learns the user's state from the own member and its siblings, and from nobody else (§9).
   * @param {Iterable<Member>} members
   */
  #learn(members) {
    if (this.#holders.size === 0) return;
    const own = this.#seams.connectionId();
    const all = [...members];
    let another = false;
    // The server may have joined it again, and then it has another number. While there was none, nothing was learned from its siblings.
    const self = all.find((one) => one.connectionId === own);
    if (self && this.#entry && !this.#plain) another = this.#learnOwn(self, this.#entry);
    if (another) all.push(...(this.#replica.roster?.members.values() ?? []));
    const sibling = this.#siblingOf(own);
    for (const one of all) {
      const isOwn = one.connectionId === own;
      if (!one.stamp) continue;
      if (this.#plain) isOwn && this.#own.see(one.state ?? null);
      else if (isOwn || (sibling !== undefined && one.sibling === sibling)) this.#own.observe(recordOf(one), isOwn);
    }
    if (!another) return;
    this.#own.recall();
    this.#own.takeOver();
  }

  /**
   * Learns from siblings that have spoken and gone: what is told of it, or, where that is not all, what is in the storage that they share.
   * @param {Changes} changes
   */
  #hear({ parting = [], missed = false }) {
    if (this.#holders.size === 0 || this.#plain) return;
    const own = this.#siblingOf(this.#seams.connectionId());
    for (const one of parting) if (one.sibling === own) this.#own.observe(recordOf(one), false);
    if (missed) this.#own.recall();
  }

  /**
   * @param {Member} own
   * @param {RoomEntry} entry
   * @returns whether it is another member than before, or comes after the roster of the entry
   */
  #learnOwn(own, entry) {
    const another = entry.joinedAt === undefined ? entry.learned : !sameStamp(entry.joinedAt, own.joinedAt);
    entry.number = own.number;
    entry.joinedAt = own.joinedAt;
    if (another) this.#own.rejoined(own.stamp ?? null);
    return another;
  }

  /** @param {string | undefined} own the id of this connection */
  #siblingOf(own) {
    const number = this.#entry?.number;
    const member = number === undefined ? undefined : this.#replica.roster?.members.get(number);
    if (member?.connectionId === own) this.#sibling = member?.sibling;
    return this.#sibling;
  }

  /** Tells the holders whether what they show is all there is. */
  #freshen() {
    const fresh = !!this.#entry?.watching && !this.#entry.stale && !this.#replica.waiting;
    if (fresh === this.#fresh) return;
    this.#fresh = fresh;
    for (const holder of [...this.#holders]) holder.freshen(fresh);
  }

  /** Tells the server what nobody wants any more. */
  async #withdraw() {
    const entry = this.#entry;
    const told = [];
    if (!this.wantsMembership) {
      this.#own.closed();
      // Without a connection: as soon as there is one.
      if (!entry || entry.maybeMember) told.push(this.#leave());
    }
    if (this.#holders.size === 0 && this.#subscribers.size === 0) {
      if (entry?.watching) told.push(entry.request("mesh/unsubscribe-presence").then(() => this.#seams.unsubscribed(this.name)));
      entry?.unwatch();
      this.#replica.reopen();
      this.#plain?.reopen();
      this.#freshen();
    }
    this.release();
    await Promise.allSettled(told);
  }

  #leave() {
    if (this.#entry) this.#entry.member = this.#entry.maybeMember = false;
    return this.#seams.leave(this.name);
  }
}

/**
 * @param {{ state?: any, stamp?: import("./stamp.js").Stamp, deadline?: number }} said
 * @returns {OwnRecord}
 */
function recordOf({ state = null, stamp, deadline }) {
  return { state, stamp, ...(deadline !== undefined && { deadline }) };
}
