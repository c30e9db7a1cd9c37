import { checkAccessToken } from "./access-token.js";
import { LONGEST_PING_MS } from "./link.js";

/**
 * @typedef {object} MeshClientOptions
 * @property {import("./access-token.js").AccessToken} [accessToken] a bearer token, or a function that gives one, asked at each
 * attempt to connect and at each renewal (§8). What it throws, or rejects with, is an `error` event, and the attempt has failed.
 * Default: none; a cookie needs none
 * @property {string} [clientKey] 16–256 characters, a secret of this user on all their browsers: connections with the same
 * key take over each other's state (§8, §11). Default: random, kept in storage under `m:client-key`
 * @property {number} [commandTimeout] ms to wait for a response; 1 to 2^31-1; default 30,000
 * @property {number} [connectTimeout] ms for one attempt to connect, with the token and the session; 1 to 2^31-1; default 5,000
 * @property {boolean} [reconnect] whether to connect again after a failure; default true
 * @property {boolean} [shouldReconnect] the same, by the name that existing Mesh apps use
 * @property {number} [maxReconnectAttempts] failures in a row before `reconnectfailed`; 0 or more; default Infinity
 * @property {number} [pingInterval] ms, that of the server; asked for only by a server that does not tell; 1 to 2^29;
 * default 30,000
 * @property {import("./storage.js").StorageLike} [storage] for the user's states and the client key; default: localStorage, or memory
 * @property {() => number} [random] from 0 to below 1, for the jitter of reconnecting; default Math.random
 * @property {WebSocketConstructor} [WebSocket] default: the one of the platform
 */

/** The longest that a timer can wait, in ms. */
export const LONGEST_MS = 2 ** 31 - 1;

/** @typedef {new (url: string) => WebSocketLike} WebSocketConstructor */

/**
 * What is used of a WebSocket.
 * @typedef {object} WebSocketLike
 * @property {number} readyState
 * @property {((event: any) => unknown) | null} onopen
 * @property {((event: any) => unknown) | null} onmessage
 * @property {((event: any) => unknown) | null} onclose
 * @property {((event: any) => unknown) | null} onerror
 * @property {(data: string) => void} send
 * @property {(code?: number, reason?: string) => void} close
 */

/**
 * The options with their defaults.
 * @param {MeshClientOptions} options
 * @throws {TypeError | RangeError} if one is not what it should be
 */
export function checkOptions(options) {
  const {
    accessToken,
    clientKey,
    commandTimeout = 30_000,
    connectTimeout = 5_000,
    reconnect = options.shouldReconnect ?? true,
    maxReconnectAttempts = Infinity,
    pingInterval = 30_000,
    storage,
    random = Math.random,
    WebSocket = globalThis.WebSocket,
  } = options;
  checkAccessToken(accessToken);
  if (clientKey !== undefined && (typeof clientKey !== "string" || clientKey.length < 16 || clientKey.length > 256)) {
    throw new TypeError("clientKey must be a string of 16 to 256 characters");
  }
  between("commandTimeout", commandTimeout, 1, LONGEST_MS);
  between("connectTimeout", connectTimeout, 1, LONGEST_MS);
  between("maxReconnectAttempts", maxReconnectAttempts, 0, Infinity);
  between("pingInterval", pingInterval, 1, LONGEST_PING_MS);
  if (typeof reconnect !== "boolean") throw new TypeError("reconnect must be a boolean");
  if (typeof random !== "function") throw new TypeError("random must be a function");
  if (typeof WebSocket !== "function") throw new TypeError("there is no WebSocket here: give one as an option");
  return {
    accessToken,
    clientKey,
    commandTimeout,
    connectTimeout,
    reconnect,
    maxReconnectAttempts,
    pingInterval,
    storage,
    random,
    WebSocket: /** @type {WebSocketConstructor} */ (WebSocket),
  };
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {number} least
 * @param {number} most
 */
export function between(name, value, least, most) {
  if (typeof value === "number" && value >= least && value <= most) return;
  throw new RangeError(`${name} must be a number from ${least} to ${most}`);
}
