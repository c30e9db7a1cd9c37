import { Deferred } from "./deferred.js";
import { attempt } from "./emitter.js";
import { MeshError } from "./errors.js";
import { between } from "./options.js";
import { checkRoomName } from "./room-name.js";
import { StoredState } from "./stored-state.js";
import { LATER, UserView } from "./user-view.js";

/** @typedef {import("./client.js").MeshClient} MeshClient */
/** @typedef {import("./own-state.js").PublishOptions} PublishOptions */
/** @typedef {import("./roster.js").Changes} Changes */
/** @typedef {import("./roster.js").Member} Member */
/** @typedef {import("./room.js").Room} Room */

/** An async function that looks up what it has at hand answers within so many turns of the microtask queue. */
const SETTLING_TURNS = 8;

/**
 * @template [TState=any]
 * @typedef {import("./user-view.js").User<TState>} User
 */

/**
 * What a state identifier may return: a group id, or nothing for a member that is not to be shown.
 * @typedef {string | number | null | undefined} GroupId
 */

/**
 * @template [TState=any]
 * @typedef {object} PresenceOptions
 * @property {MeshClient} client connected or not
 * @property {string} room 1–256 characters
 * @property {string} storageKey under which the user's own state is kept, for each user that the server verifies apart (§9)
 * @property {(state: TState, connectionId: string, member: Member) => GroupId | Promise<GroupId>} [stateIdentifier] the id of
 * the user that a state is of; asked once for each state, and not where the server has verified the user, whose entry is never
 * merged with such a claim (§11). What it throws, or rejects with, is an `error` event of the client. Default: only users whom
 * the server has verified are shown
 * @property {(users: User<TState>[], view: { fresh: boolean }) => unknown} onUpdate gets all users, a new array, once for
 * each change of the view; the first time when the room is first seen, also if it is empty
 * @property {(fresh: boolean) => unknown} [onFreshness] the view is known to be right, or may be out of date, from now on
 * @property {number} [expireAfter] ms after which a published state becomes null, if `publish` does not say; 0, the
 * default: never
 */

/**
 * Who is in a room, by user, and the own state in it. It survives whatever happens to the connection.
 * @template [TState=any]
 */
export class Presence {
  /** @type {Deferred<void>} */
  #ready = new Deferred();

  /** Of the calls of `publish` that were not acknowledged. @type {Set<Deferred<void>>} */
  #publishing = new Set();

  /** As shown last. @type {readonly User<TState>[] | null} */
  #shown = null;

  /** @type {User<TState>[]} */
  #users = [];

  /** @type {Promise<void> | null} */
  #disposed = null;

  #fresh = false;

  /** As told last. */
  #toldFresh = false;
  #seen = false;
  #batching = false;

  /** How many answers of the identifier are to come. */
  #awaited = 0;
  #options;
  #stored;
  #view;
  #room;
  #holder;

  /** @param {PresenceOptions<TState>} options */
  constructor(options) {
    this.#options = check(options);
    const { client, storageKey, room } = options;
    this.#stored = new StoredState(client.storage, storageKey, room, () => (client.connectionId === undefined ? null : { userId: client.userId }));
    this.#view = new UserView((member) => this.#identify(member));
    this.#room = /** @type {Room} */ (client.rooms.get(room));
    /** @type {import("./room.js").Holder} */
    const holder = {
      take: (changes, fresh) => this.#take(changes, fresh),
      freshen: (fresh) => this.#freshen(fresh),
      stored: () => this.#stored.record,
      store: (record) => this.#stored.acknowledge(record),
      revert: (refused, last) => this.#stored.revert(refused, last),
      adopt: (record) => this.#stored.adopt(record),
      fail: (error) => this.#ready.reject(error),
    };
    this.#holder = holder;
    // The methods can be taken out of the object, as existing apps do.
    this.publish = this.publish.bind(this);
    this.read = this.read.bind(this);
    this.clear = this.clear.bind(this);
    this.dispose = this.dispose.bind(this);
    this.#room.attach(this.#holder);
  }

  /** The users as `onUpdate` got them last; empty before. */
  get users() {
    return this.#users;
  }

  /** Whether the view is known to be right; false while there is no connection. */
  get fresh() {
    return this.#fresh;
  }

  /** Resolved when the room was first seen. Rejected if it can't be entered, or the helper was disposed before. */
  get ready() {
    return this.#ready.promise;
  }

  /**
   * Sets the user's state, in all their tabs. It is stored at once, and sent as soon as there is a connection; of several
   * that had to wait only the newest is.
   * @param {TState | null} state any JSON value; null clears
   * @param {PublishOptions} [options] `expireAfter`: ms after which the state becomes null, 0: never; `silent`: keep it from
   * subscribers that are plain clients
   * @returns {Promise<void>} resolved when the server has acknowledged it, or one published later, which may be a flush
   * interval (50 ms by default) before the own `onUpdate` shows it; rejected with a
   * {@link MeshError}: the server's, as `EREFUSED` with the application's reason (§9, §13), and what was acknowledged before
   * is the state again; `ECLOSED` after the client's `close()`, and if another user has signed in before it was acknowledged,
   * `EDISPOSED` after `dispose()`
   */
  async publish(state, options = {}) {
    if (this.#disposed) throw disposedError();
    const text = JSON.stringify(state);
    if (text === undefined) throw new TypeError("state must be a JSON value");
    const { expireAfter = this.#options.expireAfter, silent } = options;
    if (expireAfter !== undefined) between("expireAfter", expireAfter, 0, Number.MAX_SAFE_INTEGER);
    // A copy: what the application changes later is not what it published.
    const copy = JSON.parse(text);
    this.#stored.publish({ state: copy, ...(expireAfter && { expires: Date.now() + expireAfter }) });
    const publishing = new Deferred();
    this.#publishing.add(publishing);
    this.#room.publish(copy, { expireAfter, silent }).then(publishing.resolve, publishing.reject);
    return publishing.promise.finally(() => this.#publishing.delete(publishing));
  }

  /**
   * The user's own state as it is stored, or null. Whose it is is known with the client's first connection; before, it is what
   * this helper has published, or what is stored as nobody's: not what another has published before that was known (§9).
   * @returns {TState | null}
   */
  read() {
    return this.#stored.state;
  }

  /**
   * Clears the user's state, in all their tabs.
   * @returns {Promise<void>} as {@link publish}
   */
  clear() {
    return this.publish(null);
  }

  /**
   * Leaves the room, unless others in this client are in it too. No callback is called any more.
   * @returns {Promise<void>} when the server has been told, if there is a connection; never rejected
   */
  dispose() {
    this.#disposed ??= this.#dispose();
    return this.#disposed;
  }

  async #dispose() {
    this.#fresh = false;
    this.#ready.reject(disposedError());
    for (const publishing of this.#publishing) publishing.reject(disposedError());
    await this.#room.detach(this.#holder);
  }

  /**
   * @param {Member} member
   * @returns {unknown}
   */
  #identify(member) {
    const { connectionId, stamp } = member;
    /** @param {GroupId} [id] */
    const answer = (id) => {
      this.#awaited--;
      if (this.#disposed || !stamp) return;
      this.#view.answer(connectionId, stamp, id);
      this.#batch();
    };
    try {
      const id = this.#options.stateIdentifier?.(member.state, connectionId, member);
      if (typeof id !== "object" || id === null) return id;
      if (typeof id.then !== "function") return undefined;
      this.#awaited++;
      id.then(answer, (error) => {
        if (!this.#disposed) this.#room.report(error);
        answer();
      });
      return LATER;
    } catch (error) {
      this.#room.report(error);
      return undefined;
    }
  }

  /**
   * @param {Changes[]} changes
   * @param {boolean} fresh
   */
  #take(changes, fresh) {
    if (this.#disposed) return;
    for (const one of changes) this.#view.take(one);
    this.#seen = true;
    this.#freshen(fresh);
    this.#batch();
  }

  /** @param {boolean} fresh */
  #freshen(fresh) {
    if (this.#disposed || fresh === this.#fresh) return;
    this.#fresh = fresh;
    this.#batch();
  }

  /**
   * Calls the application back: never before it has the helper in hand, nor from within what it does, and once for what
   * comes together. What the identifier as good as knows already is part of it.
   */
  async #batch() {
    if (this.#batching) return;
    this.#batching = true;
    await null;
    for (let turns = 1; turns < SETTLING_TURNS && this.#awaited > 0; turns++) await null;
    this.#batching = false;
    this.#tellFreshness();
    this.#show();
  }

  #tellFreshness() {
    if (this.#disposed || this.#fresh === this.#toldFresh) return;
    this.#toldFresh = this.#fresh;
    if (this.#options.onFreshness) attempt(this.#options.onFreshness, this.#fresh);
  }

  #show() {
    if (this.#disposed || !this.#seen) return;
    const users = this.#view.users;
    if (users !== this.#shown) {
      this.#shown = users;
      this.#users = [...users];
      attempt(this.#options.onUpdate, this.#users, { fresh: this.#fresh });
    }
    this.#ready.resolve();
  }
}

/**
 * Shows who is in a room, by user, and publishes the own state there.
 * @template [TState=any]
 * @param {PresenceOptions<TState>} options
 * @returns {Presence<TState>}
 * @throws {TypeError | RangeError} if an option is not what it should be
 */
export function createPresence(options) {
  return new Presence(options);
}

/**
 * @template TState
 * @param {PresenceOptions<TState>} options
 */
function check(options) {
  const { client, room, storageKey, stateIdentifier, onUpdate, onFreshness, expireAfter } = options;
  if (typeof client?.rooms?.get !== "function") throw new TypeError("client must be a MeshClient");
  checkRoomName(room);
  if (typeof storageKey !== "string" || storageKey === "")
    throw new TypeError("storageKey must be a string that is not empty");
  if (stateIdentifier !== undefined && typeof stateIdentifier !== "function")
    throw new TypeError("stateIdentifier must be a function");
  if (typeof onUpdate !== "function") throw new TypeError("onUpdate must be a function");
  if (onFreshness !== undefined && typeof onFreshness !== "function")
    throw new TypeError("onFreshness must be a function");
  if (expireAfter !== undefined) between("expireAfter", expireAfter, 0, Number.MAX_SAFE_INTEGER);
  return { stateIdentifier, onUpdate, onFreshness, expireAfter };
}

function disposedError() {
  return new MeshError("EDISPOSED", "The presence was disposed");
}
