import { clocks, since } from "./clocks.js";
import { Deferred } from "./deferred.js";
import { errorOf, MeshError } from "./errors.js";

/** @typedef {import("./options.js").WebSocketLike} WebSocketLike */
/** @typedef {import("./options.js").WebSocketConstructor} WebSocketConstructor */

/**
 * @typedef {object} LinkHandlers
 * @property {(frame: any) => void} received every frame
 * @property {(command: string, payload: any) => void} event every frame that is no response
 * @property {(code: number, reason: string) => void} closed once
 */

/**
 * A request that waits for its response.
 * @typedef {object} Pending
 * @property {string} command
 * @property {(payload: any) => void} resolve
 * @property {(error: Error) => void} reject
 * @property {ReturnType<typeof setTimeout>} [timer]
 */

const CONNECTING = 0;
const OPEN = 1;
const MAX_ID = 100_000_000;
const PROBE_MS = 2_000;

/** A timer holds two and a half of them, and a longer one would go off at once. */
export const LONGEST_PING_MS = 2 ** 29;

/** One connection over one WebSocket: requests, responses, events, and whether it still lives (§3, §5). */
export class Link {
  /** Resolved when the WebSocket is open. @type {Deferred<void>} */
  opened = new Deferred();

  /** The id that the server gave at the start. @type {Deferred<string>} */
  assigned = new Deferred();

  /** What the server takes in one message, in bytes. */
  messageLimit = Infinity;

  /** 0 while it is open. */
  closeCode = 0;

  /** @type {Map<number, Pending>} */
  #pending = new Map();

  #id = 0;
  #closed = new Deferred();
  #handlers;
  #pingInterval;
  #heard = clocks();
  #WebSocket;

  /** Null until it is known what to connect to. @type {WebSocketLike | null} */
  #socket = null;
  #watch = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);

  /**
   * @param {string | Promise<string>} url
   * @param {WebSocketConstructor} WebSocket
   * @param {number} pingInterval ms
   * @param {LinkHandlers} handlers
   */
  constructor(url, WebSocket, pingInterval, handlers) {
    this.#handlers = handlers;
    this.#pingInterval = pingInterval;
    this.#WebSocket = WebSocket;
    if (typeof url === "string") this.#open(url);
    else url.then((known) => this.#openLater(known)).catch(this.opened.reject);
  }

  /** @param {string} url which may hold a secret: no error is to tell it */
  #openLater(url) {
    if (this.closeCode) return;
    try {
      this.#open(url);
    } catch {
      throw new SyntaxError("No WebSocket takes this url");
    }
  }

  /** @param {string} url */
  #open(url) {
    const socket = new this.#WebSocket(url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#hear();
      this.#watchFor(this.#bound);
      this.opened.resolve();
    };
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code, reason }) => this.#end(code, String(reason ?? ""));
    // An error is followed by a close, which says more.
    socket.onerror = () => {};
  }

  /** ms between two signs of life of the server. @param {number} value */
  set pingInterval(value) {
    this.#pingInterval = Math.min(value, LONGEST_PING_MS);
    if (!this.closeCode) this.#watchFor(this.#bound);
  }

  /**
   * @param {string} command
   * @param {unknown} payload
   * @param {number} timeout ms; Infinity: as long as the connection lasts
   * @returns {Promise<any>}
   */
  request(command, payload, timeout) {
    return new Promise((resolve, reject) => {
      if (this.#socket?.readyState !== OPEN || this.closeCode) throw closedError(command);
      const id = this.#nextId();
      const text = JSON.stringify({ id, command, payload });
      if (byteLength(text, this.messageLimit) > this.messageLimit) {
        throw new MeshError("ETOOLARGE", `${command}: more than the ${this.messageLimit} bytes that the server takes`);
      }
      const late = () => {
        this.#pending.delete(id);
        reject(new MeshError("ETIMEOUT", `${command}: no response within ${timeout} ms`));
      };
      const timer = timeout === Infinity ? undefined : setTimeout(late, timeout);
      this.#pending.set(id, { command, resolve, reject, timer });
      this.#socket.send(text);
    });
  }

  /**
   * Ends the connection with a close frame, which also ends the session.
   * @param {number} code
   * @param {string} reason
   * @returns {Promise<unknown>} when the server has answered, or after a second
   */
  close(code, reason) {
    this.#rejectPending();
    if (!this.#socket) this.#end(code, reason);
    this.#socket?.close(code, reason);
    const impatience = setTimeout(() => this.#end(code, reason), 1_000);
    return this.#closed.promise.finally(() => clearTimeout(impatience));
  }

  /**
   * Takes the connection for dead. No close frame is sent: it would end the session, were the connection alive after all.
   * To be followed by {@link discard} as soon as the session has a new connection.
   * @param {string} reason
   */
  abandon(reason) {
    this.#end(1006, reason);
    // Before it is open it ends without a frame.
    if (this.#socket?.readyState === CONNECTING) this.#socket.close();
  }

  /** Whether it was abandoned, and holds a connection that may be alive after all. */
  get lingers() {
    return this.#socket?.readyState === OPEN;
  }

  /** Resolved when it has ended, whatever the reason. @returns {Promise<unknown>} */
  get ended() {
    return this.#closed.promise;
  }

  /** Frees what an abandoned connection holds. */
  discard() {
    this.#socket?.close();
  }

  /** Takes the connection for dead if nothing came for too long; asks the server for a sign of life if in doubt. */
  check() {
    const silence = since(this.#heard);
    if (silence > this.#bound) this.abandon("no sign of life");
    else if (silence > PROBE_MS) this.probe();
  }

  /** Takes the connection for dead unless the server gives a sign of life soon. */
  probe() {
    const heard = this.#heard;
    this.request("mesh/noop", {}, PROBE_MS).catch(() => {
      if (!this.closeCode && this.#heard === heard) this.abandon("no sign of life");
    });
  }

  /** A client takes a connection for dead after two and a half ping intervals (§5). */
  get #bound() {
    return this.#pingInterval * 2.5;
  }

  /** @param {number} delay */
  #watchFor(delay) {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => {
      const silence = since(this.#heard);
      if (silence < this.#bound) return this.#watchFor(this.#bound - silence);
      // The timer may be as late as the page was frozen, and frames may wait behind it.
      this.probe();
      this.#watchFor(this.#bound);
    }, delay);
  }

  #hear() {
    this.#heard = clocks();
  }

  /** @param {unknown} data */
  #receive(data) {
    this.#hear();
    let frame;
    try {
      frame = JSON.parse(String(data));
    } catch {
      return;
    }
    if (typeof frame !== "object" || frame === null) return;
    this.#handlers.received(frame);
    const { id, command, payload } = frame;
    const pending = this.#pending.get(id);
    if (pending) {
      this.#pending.delete(id);
      clearTimeout(pending.timer);
      const error = errorOf(payload);
      if (error) pending.reject(error);
      else pending.resolve(payload);
    } else if (id === undefined && typeof command === "string") this.#event(command, payload);
  }

  /**
   * @param {string} command
   * @param {any} payload
   */
  #event(command, payload) {
    if (command === "ping") this.#reply("pong");
    if (command === "latency:request") this.#reply("latency:response");
    if (command === "mesh/assign-id") this.assigned.resolve(typeof payload === "string" ? payload : (JSON.stringify(payload) ?? ""));
    this.#handlers.event(command, payload);
  }

  /** @param {string} command one that never gets a response */
  #reply(command) {
    if (this.#socket?.readyState === OPEN)
      this.#socket.send(JSON.stringify({ id: this.#nextId(), command, payload: {} }));
  }

  #nextId() {
    this.#id = (this.#id + 1) % MAX_ID;
    return this.#id;
  }

  #rejectPending() {
    for (const { command, reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(closedError(command));
    }
    this.#pending.clear();
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #end(code, reason) {
    if (this.closeCode) return;
    this.closeCode = code || 1006;
    clearTimeout(this.#watch);
    this.#rejectPending();
    this.opened.reject(closedError("connect"));
    this.assigned.reject(closedError("connect"));
    const socket = this.#socket;
    if (socket) socket.onopen = socket.onmessage = socket.onclose = null;
    this.#closed.resolve(undefined);
    this.#handlers.closed(this.closeCode, reason);
  }
}

/** @param {string} command */
export function closedError(command) {
  return new MeshError("ECLOSED", `${command}: the connection is closed`);
}

/**
 * How long a text is in UTF-8, counted only where it may matter.
 * @param {string} text
 * @param {number} limit
 */
function byteLength(text, limit) {
  return text.length * 3 <= limit ? text.length : new TextEncoder().encode(text).length;
}
