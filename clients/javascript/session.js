import { MeshError } from "./errors.js";
import { sessionOf } from "./sound.js";

/** @typedef {import("./link.js").Link} Link */

/**
 * What a connection begins with (§8).
 * @typedef {object} Session
 * @property {boolean} plain the server knows of no sessions
 * @property {string} connectionId
 * @property {boolean} resumed the connection is the one that dropped
 * @property {string | null} token to resume with
 * @property {string} [userId] there if the server has verified who this is
 * @property {number} [authenticatedFor] ms, there if that ends of itself
 */

/**
 * Opens a session, or finds that the server is a plain one.
 * @param {Link} link
 * @param {{ token: string | null, clientKey: string, timeout: number }} options
 * @returns {Promise<Session>}
 */
export async function openSession(link, { token, clientKey, timeout }) {
  await link.opened.promise;
  try {
    const payload = { ...(token && { resume: token }), clientKey };
    const { pingInterval, messageLimit, ...session } = sessionOf(await link.request("mesh/session", payload, timeout));
    if (pingInterval) link.pingInterval = pingInterval;
    link.messageLimit = messageLimit ?? Infinity;
    return { ...session, plain: false };
  } catch (error) {
    if (!(error instanceof MeshError && error.code === "ENOTFOUND")) throw error;
    return { plain: true, connectionId: await link.assigned.promise, resumed: false, token: null };
  }
}
