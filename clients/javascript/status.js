/** Where a client stands. @enum {number} */
export const Status = Object.freeze({
  /** Not connected, and not trying. */
  OFFLINE: 0,
  /** Lost, and trying again. */
  RECONNECTING: 1,
  /** Trying for the first time since `connect()`. */
  CONNECTING: 2,
  ONLINE: 3,
});
