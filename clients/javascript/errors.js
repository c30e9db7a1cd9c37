/**
 * What a command failed with: the server's own error (§13 of protocol.md), or one made here:
 * `ECLOSED` (the connection ended, or is closed), `ETIMEOUT` (no response in time), `EDISPOSED` (the helper was disposed).
 */
export class MeshError extends Error {
  /**
   * @param {string} code what to decide by
   * @param {string} message what to show or log
   * @param {string} [name] the kind of error, as the server calls it
   */
  constructor(code, message, name = "MeshError") {
    super(message);
    this.name = name;
    /** @readonly */
    this.code = code;
  }
}

/**
 * The error that a response's payload is, if it is one (§3).
 * @param {unknown} payload
 * @returns {MeshError | null}
 */
export function errorOf(payload) {
  if (typeof payload !== "object" || payload === null) return null;
  const { error, code, name } = /** @type {Record<string, unknown>} */ (payload);
  if (typeof error !== "string" || typeof code !== "string") return null;
  return new MeshError(code, error, typeof name === "string" ? name : undefined);
}

/**
 * What to decide by; "" for what no server sent and nothing here made.
 * @param {unknown} error
 */
export function codeOf(error) {
  return error instanceof MeshError ? error.code : "";
}

/**
 * Shows an exception of the application's own callback where uncaught ones show, and goes on.
 * @param {unknown} error
 */
export function report(error) {
  if (typeof globalThis.reportError === "function") globalThis.reportError(error);
  else console.error(error);
}
