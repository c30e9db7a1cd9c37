import { Deferred } from "./deferred.js";
import { Emitter } from "./emitter.js";
import { MeshError } from "./errors.js";
import { closedError, Link } from "./link.js";
import { combine } from "./metadata.js";
import { between, checkOptions, LONGEST_MS } from "./options.js";
import { watchPage } from "./page.js";
import { mayReconnect, reconnectDelay } from "./reconnect.js";
import { ResumeToken } from "./resume-token.js";
import { checkRoomName } from "./room-name.js";
import { Rooms } from "./rooms.js";
import { openSession } from "./session.js";
import { localStore, randomId, SafeStorage, storedOr } from "./storage.js";

export { MeshError } from "./errors.js";

/** @typedef {import("./options.js").MeshClientOptions} MeshClientOptions */
/** @typedef {import("./raw-updates.js").PresenceUpdate} PresenceUpdate */
/** @typedef {import("./raw-subscribers.js").PresenceCallback} PresenceCallback */
/** @typedef {import("./session.js").Session} Session */

/** @enum {number} */
export const Status = Object.freeze({
  /** Not connected, and not trying. */
  OFFLINE: 0,
  /** Lost, and trying again. */
  RECONNECTING: 1,
  /** Trying for the first time since `connect()`. */
  CONNECTING: 2,
  ONLINE: 3,
});

/** Names of events that are the client's own; what a server sends by such a name is seen as `message` only. */
const OWN_EVENTS = new Set([
  "connect",
  "disconnect",
  "reconnect",
  "reconnectfailed",
  "close",
  "error",
  "ping",
  "latency",
  "message",
]);
const SYSTEM_EVENTS = new Set(["pong", "latency:request", "latency:response"]);

/** A connection that stood this long, in ms, was a good one: the next attempt is the first again. */
const GOOD_MS = 10_000;
const MOST_ABANDONED = 4;

/** Errors that say that presence is not for this client. */
const REFUSALS = new Set(["ENOTMEMBER", "ENOTTRACKED", "EFORBIDDEN"]);

/**
 * A connection to a Mesh server that stands up again whatever happens to it.
 *
 * Events, for {@link on}, {@link once} and {@link off}:
 * - `connect`: a connection stands, the first or another;
 * - `reconnect`: after `connect`, if it is not the first since `connect()`;
 * - `close` `({code, reason})`, then `disconnect`: a connection that stood has ended;
 * - `reconnectfailed`: `maxReconnectAttempts` failed in a row, the client gives up;
 * - `error` `(error)`: an attempt to connect failed, a room can't be entered, or a helper's state identifier threw;
 * - `message` `(frame)`: any frame but the answer to `mesh/session`, whose token is nobody's business; `ping`; `latency` `(ms)`;
 * - each event that the server sends, by its command name, with its payload.
 */
export class MeshClient extends Emitter {
  /**
   * Where helpers keep the user's state.
   * @internal
   * @readonly
   * @type {SafeStorage}
   */
  storage;

  /**
   * What helpers share.
   * @internal
   * @readonly
   * @type {Rooms}
   */
  rooms;

  /** @type {string} */
  #url;
  #options;

  /** @type {number} */
  #status = Status.OFFLINE;

  /** @type {Link | null} */
  #link = null;

  /** @type {Session | null} */
  #session = null;

  #token;

  /** What the application made this connection's. @type {import("./metadata.js").MetadataUpdate | null} */
  #metadata = null;

  /** Settled when the connection that is awaited stands, or is given up. @type {Deferred<void> | null} */
  #coming = null;

  /** Attempts since the last connection that stood, and such as did not help for long. */
  #failures = 0;
  #attempt = 0;

  /** Since when the connection stands, or is missing. */
  #since = 0;
  #timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);

  /** Connections taken for dead: they must not say so before the session has a new one. @type {Link[]} */
  #abandoned = [];

  /** The page comes out of the cache of pages, and it is not known yet what to resume with. */
  #reviving = false;

  #unwatch = () => {};

  /**
   * @param {string} url of the server, `ws:` or `wss:`
   * @param {MeshClientOptions} [options]
   * @throws {TypeError | RangeError} if an option is not what it should be
   */
  constructor(url, options = {}) {
    super();
    if (typeof url !== "string" || url === "") throw new TypeError("url must be a string");
    this.#url = url;
    this.#options = checkOptions(options);
    this.storage = options.storage ? new SafeStorage(options.storage) : localStore();
    this.#token = new ResumeToken(url);
    this.rooms = new Rooms({
      connectionId: () => this.connectionId,
      commandTimeout: this.#options.commandTimeout,
      report: (error) => this.emit("error", error),
    });
  }

  /** One of {@link Status}. */
  get status() {
    return this.#status;
  }

  /** The id of the connection; that of the last one while there is none. @returns {string | undefined} */
  get connectionId() {
    return this.#session?.connectionId;
  }

  /** The user that the server has verified this client to be, if it has. @returns {string | undefined} */
  get userId() {
    return this.#session?.userId;
  }

  /**
   * Connects, and stays connected until {@link close}. A failed attempt is repeated (§14), and the promise waits for it.
   * @returns {Promise<void>} resolved when the connection stands; rejected with `ECLOSED` if {@link close} is called
   * before, or if the client may not try again
   */
  connect() {
    if (this.#status === Status.ONLINE) return Promise.resolve();
    if (this.#coming) return this.#coming.promise;
    this.#status = Status.CONNECTING;
    this.#failures = this.#attempt = 0;
    this.#since = performance.now();
    this.rooms.begin();
    this.#unwatch = watchPage({
      online: () => this.#networkChanged(),
      awake: () => this.#awake(),
      hidden: () => this.#token.leave(),
      reviving: () => (this.#reviving = true),
      revived: () => {
        this.#reviving = false;
        this.#token.regain(this.#status !== Status.ONLINE);
      },
    });
    const coming = (this.#coming = new Deferred());
    this.#open();
    return coming.promise;
  }

  /**
   * Leaves all rooms and closes the connection, for good: only {@link connect} opens another. What is pending rejects with
   * `ECLOSED`.
   * @returns {Promise<void>} always resolved
   */
  async close() {
    const link = this.#link;
    const stood = this.#status === Status.ONLINE;
    if (stood) this.rooms.closed(1000);
    this.#giveUp(closedError("close"));
    if (!link) return;
    // The link's own `closed` finds the client offline already, and does nothing.
    await link.close(1000, "");
    if (stood) this.#tellClosed(1000, "");
  }

  /**
   * Sends a command. During an outage it waits for the connection, but no longer than its timeout.
   * @param {string} name
   * @param {unknown} [payload]
   * @param {number} [timeoutMs] 1 to 2^31-1, or Infinity: as long as the connection lasts; default: the option
   * `commandTimeout`, 30,000
   * @returns {Promise<any>} the result; rejected with a {@link MeshError}: the server's, `ETIMEOUT`, or `ECLOSED` if the
   * connection ended before the response, or there is none and the client is not connecting; with a RangeError if the
   * timeout is none
   */
  async command(name, payload = {}, timeoutMs = this.#options.commandTimeout) {
    if (timeoutMs !== Infinity) between("timeoutMs", timeoutMs, 1, LONGEST_MS);
    const started = performance.now();
    const link = await this.#online(name, timeoutMs);
    return link.request(name, payload, timeoutMs - (performance.now() - started));
  }

  /**
   * @param {string} roomName
   * @param {PresenceCallback} [onPresence] as for {@link subscribePresence}
   * @returns {Promise<{ success: boolean, present: { id: string, metadata: any }[] }>} the connections in the room
   */
  async joinRoom(roomName, onPresence) {
    checkRoomName(roomName);
    await this.#online("joinRoom");
    const room = this.rooms.get(roomName);
    const joined = await room.join();
    if (!joined.success || !onPresence) return joined;
    const { success } = await room.subscribe(onPresence);
    return { ...joined, success };
  }

  /**
   * Leaves, and ends the subscriptions by {@link subscribePresence}. While a presence helper is in the room the connection
   * stays a member.
   * @param {string} roomName
   * @returns {Promise<{ success: boolean }>}
   */
  async leaveRoom(roomName) {
    checkRoomName(roomName);
    await this.#online("leaveRoom");
    return this.rooms.get(roomName).leave();
  }

  /**
   * Subscribes to what happens in a room, connection by connection; being a member is not needed. After an outage the
   * callback gets what has changed meanwhile.
   * @param {string} roomName
   * @param {PresenceCallback} callback
   * @returns {Promise<{ success: boolean, present: { id: string, metadata: any }[], states: Record<string, any> }>} who is
   * there, and the states by connection id; `success` is false where presence is not tracked, or guarded
   */
  async subscribePresence(roomName, callback) {
    checkRoomName(roomName);
    if (typeof callback !== "function") throw new TypeError("callback must be a function");
    await this.#online("subscribePresence");
    return this.rooms.get(roomName).subscribe(callback);
  }

  /**
   * @param {string} roomName
   * @param {PresenceCallback} [callback] default: all callbacks
   * @returns {Promise<boolean>} false if there was no subscription
   */
  async unsubscribePresence(roomName, callback) {
    checkRoomName(roomName);
    return this.rooms.get(roomName).unsubscribe(callback);
  }

  /**
   * @param {string} roomName
   * @param {object} options
   * @param {any} options.state any JSON value but null
   * @param {number} [options.expireAfter] ms after which the state becomes null; default: never
   * @param {boolean} [options.silent] keep it from the subscribers that are plain clients
   * @returns {Promise<boolean>} false if not a member, or presence is not tracked, or guarded
   */
  async publishPresenceState(roomName, { state, expireAfter, silent }) {
    return this.#publish(roomName, { state: state ?? null, expireAfter, silent });
  }

  /**
   * @param {string} roomName
   * @returns {Promise<boolean>} false if there was nothing to clear
   */
  async clearPresenceState(roomName) {
    return this.#publish(roomName, { state: null });
  }

  /**
   * @param {string} roomName
   * @returns {Promise<{ success: boolean, present: string[], states: Record<string, any> }>} by connection id
   */
  async getPresenceState(roomName) {
    return this.command("mesh/get-presence-state", { roomName: checkRoomName(roomName) });
  }

  /**
   * Sets this connection's metadata, and that of the connections that follow it.
   * @param {any} metadata
   * @param {{ strategy?: "replace" | "merge" | "deepMerge" }} [options] default: replace
   * @returns {Promise<boolean>}
   */
  async setConnectionMetadata(metadata, options) {
    const { success } = await this.command("mesh/set-my-connection-metadata", { metadata, options });
    if (success) this.#metadata = combine(this.#metadata, { metadata, strategy: options?.strategy ?? "replace" });
    return success;
  }

  /**
   * @param {string} [connectionId] default: this connection
   * @returns {Promise<any>} null if there is none
   */
  async getConnectionMetadata(connectionId) {
    const { metadata } = connectionId
      ? await this.command("mesh/get-connection-metadata", { connectionId })
      : await this.command("mesh/get-my-connection-metadata");
    return metadata;
  }

  /**
   * @param {string} roomName
   * @returns {Promise<any>} null if there is none
   */
  async getRoomMetadata(roomName) {
    const { metadata } = await this.command("mesh/get-room-metadata", { roomName: checkRoomName(roomName) });
    return metadata;
  }

  /**
   * @param {string} roomName
   * @param {import("./own-state.js").Publication} publication
   */
  async #publish(roomName, publication) {
    checkRoomName(roomName);
    await this.#online("publish");
    try {
      return await this.rooms.get(roomName).publishNow(publication);
    } catch (error) {
      if (error instanceof MeshError && REFUSALS.has(error.code)) return false;
      throw error;
    }
  }

  /**
   * The connection, as soon as it stands.
   * @param {string} command what for
   * @param {number} [timeout] ms
   * @returns {Promise<Link>}
   */
  async #online(command, timeout = this.#options.commandTimeout) {
    if (this.#coming && this.#status !== Status.ONLINE) {
      /** @type {ReturnType<typeof setTimeout> | undefined} */
      let timer;
      const late = new Promise((_, reject) => {
        if (timeout === Infinity) return;
        timer = setTimeout(
          () => reject(new MeshError("ETIMEOUT", `${command}: not connected within ${timeout} ms`)),
          timeout,
        );
      });
      await Promise.race([this.#coming.promise, late]).finally(() => clearTimeout(timer));
    }
    if (!this.#link || this.#status !== Status.ONLINE) throw closedError(command);
    return this.#link;
  }

  /** Makes one attempt to connect. */
  #open() {
    clearTimeout(this.#timer);
    if (this.#reviving) return;
    const { WebSocket, pingInterval, connectTimeout } = this.#options;
    /** @type {Link} */
    let link;
    try {
      link = new Link(this.#url, WebSocket, pingInterval, {
        received: (frame) => {
          if (frame.command !== "mesh/session") this.emit("message", frame);
        },
        event: (command, payload) => this.#event(command, payload),
        closed: (code, reason) => this.#closed(link, code, reason),
      });
    } catch (error) {
      // No WebSocket takes this url: trying again would not help.
      this.#giveUp(error);
      return;
    }
    this.#link = link;
    this.#timer = setTimeout(() => link.abandon("no answer in time"), connectTimeout);
    openSession(link, { token: this.#token.value, clientKey: this.#clientKey, timeout: connectTimeout }).then(
      (session) => this.#opened(link, session),
      (error) => {
        if (link.closeCode) return;
        this.emit("error", error);
        link.abandon("no session");
      },
    );
  }

  /** Where the server finds out which connections are of one user. */
  get #clientKey() {
    return this.#options.clientKey ?? storedOr(this.storage, "m:client-key", () => randomId(32), 16);
  }

  /**
   * @param {Link} link
   * @param {Session} session
   */
  #opened(link, session) {
    if (link !== this.#link || link.closeCode) return;
    clearTimeout(this.#timer);
    const again = this.#status === Status.RECONNECTING;
    this.#status = Status.ONLINE;
    this.#session = session;
    this.#token.value = session.token;
    this.#failures = 0;
    this.#since = performance.now();
    for (const dead of this.#abandoned.splice(0)) dead.discard();
    if (this.#metadata && !session.resumed) this.#tellMetadata(link, this.#metadata);
    this.rooms.open(link, session);
    const coming = this.#coming;
    this.#coming = null;
    coming?.resolve();
    this.emit("connect");
    if (again) this.emit("reconnect");
  }

  /**
   * @param {Link} link
   * @param {import("./metadata.js").MetadataUpdate} update
   */
  #tellMetadata(link, { metadata, strategy }) {
    const payload = { metadata, options: { strategy } };
    link.request("mesh/set-my-connection-metadata", payload, this.#options.commandTimeout).catch((error) => {
      if (!link.closeCode) this.emit("error", error);
    });
  }

  /**
   * @param {Link} link
   * @param {number} code
   * @param {string} reason
   */
  #closed(link, code, reason) {
    if (link !== this.#link) return;
    this.#link = null;
    clearTimeout(this.#timer);
    this.#keepAbandoned(link);
    if (code === 4002) this.#token.value = null;
    const stood = this.#status === Status.ONLINE;
    const error = new MeshError("ECLOSED", `The connection to ${this.#url} ended (${code}${reason && ": " + reason})`);
    const welcome = this.#options.reconnect && mayReconnect(code);
    const again = welcome && this.#failures < this.#options.maxReconnectAttempts;
    if (again && stood) {
      const now = performance.now();
      if (now - this.#since > GOOD_MS) this.#attempt = 0;
      this.#status = Status.RECONNECTING;
      this.#since = now;
      this.#coming = new Deferred();
    }
    if (again) {
      const delay = reconnectDelay(this.#attempt++, performance.now() - this.#since, this.#options.random);
      this.#failures++;
      this.#timer = setTimeout(() => this.#open(), delay);
    }
    if (stood) this.rooms.closed(code);
    if (!again) this.#giveUp(error);
    if (stood) this.#tellClosed(code, reason);
    else this.emit("error", error);
    if (welcome && !again) this.emit("reconnectfailed");
  }

  /** @param {Link} link that was taken for dead, and may live */
  #keepAbandoned(link) {
    if (link.lingers) this.#abandoned.push(link);
    if (this.#abandoned.length > MOST_ABANDONED) this.#abandoned.shift()?.discard();
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #tellClosed(code, reason) {
    this.emit("close", { code, reason });
    this.emit("disconnect");
  }

  /**
   * Goes offline until the application connects again.
   * @param {unknown} error what pending promises reject with
   */
  #giveUp(error) {
    this.#status = Status.OFFLINE;
    clearTimeout(this.#timer);
    this.#unwatch();
    this.#reviving = false;
    this.#link = null;
    this.#token.value = null;
    for (const dead of this.#abandoned.splice(0)) dead.discard();
    this.rooms.end(error);
    const coming = this.#coming;
    this.#coming = null;
    coming?.reject(error);
  }

  /**
   * @param {string} command
   * @param {any} payload
   */
  #event(command, payload) {
    if (command === "ping") this.emit("ping");
    else if (command === "latency") this.emit("latency", payload);
    else if (command.startsWith("mesh/")) this.rooms.event(command, payload);
    else if (!OWN_EVENTS.has(command) && !SYSTEM_EVENTS.has(command)) this.emit(command, payload);
  }

  /** Whatever was under way went over a network that may be gone. */
  #networkChanged() {
    if (this.#status === Status.ONLINE) return this.#link?.probe();
    const link = this.#link;
    if (!link) return this.#retryNow();
    // The same attempt on another network: the one given up is not a failed one.
    this.#link = null;
    link.abandon("the network changed");
    this.#keepAbandoned(link);
    this.#open();
  }

  #awake() {
    if (this.#status === Status.ONLINE) this.#link?.check();
    if (this.#status !== Status.ONLINE && !this.#link) this.#retryNow();
  }

  /** Makes the next attempt before its time, and one more than there would have been: it is not the client's choice. */
  #retryNow() {
    if (!this.#coming || this.#link) return;
    this.#failures = Math.max(0, this.#failures - 1);
    this.#open();
  }
}
