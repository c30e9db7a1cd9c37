import { Connector } from "./connector.js";
import { Emitter } from "./emitter.js";
import { MeshError } from "./errors.js";
import { combine } from "./metadata.js";
import { between, checkOptions, LONGEST_MS } from "./options.js";
import { checkRoomName } from "./room-name.js";
import { localStore, SafeStorage } from "./storage.js";

export { MeshError } from "./errors.js";
export { Status } from "./status.js";

/** @typedef {import("./options.js").MeshClientOptions} MeshClientOptions */
/** @typedef {import("./raw-updates.js").PresenceUpdate} PresenceUpdate */
/** @typedef {import("./raw-subscribers.js").PresenceCallback} PresenceCallback */
/** @typedef {import("./rooms.js").Rooms} Rooms */

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

/** Errors that say that presence, or this state, is not for this client. */
const REFUSALS = new Set(["ENOTMEMBER", "ENOTTRACKED", "EFORBIDDEN", "EREFUSED"]);

/**
 * A connection to a Mesh server that stands up again whatever happens to it.
 *
 * Events, for {@link on}, {@link once} and {@link off}:
 * - `connect`: a connection stands, the first or another;
 * - `reconnect`: after `connect`, if it is not the first since `connect()`;
 * - `close` `({code, reason})`, then `disconnect`: a connection that stood has ended;
 * - `reconnectfailed`: `maxReconnectAttempts` failed in a row, the client gives up;
 * - `error` `(error)`: an attempt to connect failed, what the connection is authenticated by could not be renewed in time (it is
 *   tried again), a room can't be entered, or a helper's state identifier threw;
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

  #commandTimeout;
  #connector;

  /**
   * @param {string} url of the server, `ws:` or `wss:`
   * @param {MeshClientOptions} [options]
   * @throws {TypeError | RangeError} if an option is not what it should be
   */
  constructor(url, options = {}) {
    super();
    if (typeof url !== "string" || url === "") throw new TypeError("url must be a string");
    const checked = checkOptions(options);
    this.storage = options.storage ? new SafeStorage(options.storage) : localStore();
    this.#commandTimeout = checked.commandTimeout;
    this.#connector = new Connector(url, checked, this.storage, {
      emit: (event, detail) => this.emit(event, detail),
      received: (command, payload) => this.#received(command, payload),
    });
  }

  /**
   * What helpers share.
   * @internal
   * @returns {Rooms}
   */
  get rooms() {
    return this.#connector.rooms;
  }

  /** One of {@link Status}. */
  get status() {
    return this.#connector.status;
  }

  /** The id of the connection; that of the last one while there is none. @returns {string | undefined} */
  get connectionId() {
    return this.#connector.session?.connectionId;
  }

  /**
   * The user that the server has verified this client to be, if it has (§8); that of the last connection while there is none. If
   * it changes, nothing that the one before has published, or not yet, is said for the next.
   * @returns {string | undefined}
   */
  get userId() {
    return this.#connector.session?.userId;
  }

  /**
   * Connects, and stays connected until {@link close}. A failed attempt is repeated (§14), and the promise waits for it.
   * @returns {Promise<void>} resolved when the connection stands; rejected with `ECLOSED` if {@link close} is called
   * before, or if the client may not try again
   */
  connect() {
    return this.#connector.connect();
  }

  /**
   * Leaves all rooms and closes the connection, for good: only {@link connect} opens another. What is pending rejects with
   * `ECLOSED`.
   * @returns {Promise<void>} always resolved
   */
  close() {
    return this.#connector.close();
  }

  /**
   * Renews what the connection is authenticated by (§8), e.g. when the page has signed in again; the client does so by itself
   * before that ends. With the option `accessToken` the server is told a new token. Without it, or where the server takes none on
   * a connection, another WebSocket, whose request carries the cookie as it is now, takes the place of the one at hand: no event
   * tells it, and nobody leaves.
   * @returns {Promise<void>} resolved when that is done. Rejected if it is not, and then all stays as it was: with what
   * `accessToken` throws, or with a {@link MeshError}: `EFORBIDDEN` if the token is not valid, or the sign-in another user's;
   * `ENOTFOUND` if the server is a plain one; `ETIMEOUT`; `ECLOSED` if the connection ended, or there is none and the client is
   * not connecting
   */
  renew() {
    return this.#connector.renew();
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
  async command(name, payload = {}, timeoutMs = this.#commandTimeout) {
    if (timeoutMs !== Infinity) between("timeoutMs", timeoutMs, 1, LONGEST_MS);
    const started = performance.now();
    const link = await this.#connector.online(name, timeoutMs);
    return link.request(name, payload, timeoutMs - (performance.now() - started));
  }

  /**
   * @param {string} roomName
   * @param {PresenceCallback} [onPresence] as for {@link subscribePresence}
   * @returns {Promise<{ success: boolean, present: { id: string, metadata: any }[] }>} the connections in the room
   */
  async joinRoom(roomName, onPresence) {
    checkRoomName(roomName);
    await this.#connector.online("joinRoom");
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
    await this.#connector.online("leaveRoom");
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
    await this.#connector.online("subscribePresence");
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
   * @returns {Promise<boolean>} false if not a member, or presence is not tracked, or guarded, or the application refuses the
   * state (§7, §9)
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
   * Sets this connection's metadata, and that of the connections of the same user that follow it.
   * @param {any} metadata
   * @param {{ strategy?: "replace" | "merge" | "deepMerge" }} [options] default: replace
   * @returns {Promise<boolean>}
   */
  async setConnectionMetadata(metadata, options) {
    const { success } = await this.command("mesh/set-my-connection-metadata", { metadata, options });
    if (success) this.#connector.metadata = combine(this.#connector.metadata, { metadata, strategy: options?.strategy ?? "replace" });
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
    await this.#connector.online("publish");
    try {
      return await this.rooms.get(roomName).publishNow(publication);
    } catch (error) {
      if (error instanceof MeshError && REFUSALS.has(error.code)) return false;
      throw error;
    }
  }

  /**
   * @param {string} command
   * @param {any} payload
   */
  #received(command, payload) {
    if (command === "ping") this.emit("ping");
    else if (command === "latency") this.emit("latency", payload);
    else if (command.startsWith("mesh/")) this.rooms.event(command, payload);
    else if (!OWN_EVENTS.has(command) && !SYSTEM_EVENTS.has(command)) this.emit(command, payload);
  }
}
