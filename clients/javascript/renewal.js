import { tokenOf } from "./access-token.js";
import { clocks, since } from "./clocks.js";
import { within } from "./deferred.js";
import { codeOf } from "./errors.js";
import { LONGEST_MS } from "./options.js";
import { durationOf } from "./sound.js";

/** @typedef {import("./link.js").Link} Link */

/** It is renewed so long before it ends, in ms, or a fifth of it if that is less. */
const EARLY_MS = 60_000;

/** However little is left, no more often than this. */
const LEAST_MS = 1_000;

/**
 * @typedef {object} RenewalSeams
 * @property {import("./access-token.js").AccessToken} [accessToken]
 * @property {number} connectTimeout ms to wait for the token
 * @property {number} commandTimeout ms to wait for the server
 * @property {() => Promise<Link>} online the connection that has the session, as soon as it stands
 * @property {() => Promise<number | undefined>} replace renews by another WebSocket; resolved to what its session is
 * authenticated for, in ms
 * @property {(error: unknown) => void} report a renewal that nobody has asked for failed
 */

/** Renews what the connection is authenticated by, before that ends of itself, or when it is told to (§8). */
export class Renewal {
  /** What the connection at hand is authenticated for, in ms, and since when. */
  #term = /** @type {{ duration: number, told: ReturnType<typeof clocks> } | null} */ (null);

  /** Settled with the renewal asked for last: one begins when the one before is done. @type {Promise<unknown>} */
  #latest = Promise.resolve();

  #timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  #seams;

  /** @param {RenewalSeams} seams */
  constructor(seams) {
    this.#seams = seams;
  }

  /**
   * The server has told how long the connection is authenticated from now on.
   * @param {number | undefined} duration ms; undefined: as long as it lasts
   */
  begin(duration) {
    this.end();
    if (duration === undefined) return;
    this.#term = { duration, told: clocks() };
    this.#after(duration - Math.min(duration / 5, EARLY_MS));
  }

  /** The connection has ended. */
  end() {
    clearTimeout(this.#timer);
    this.#term = null;
  }

  /** @returns {Promise<void>} when it is done; rejected with the reason if it is not, and then all is as it was */
  renew() {
    const renewed = this.#latest.then(() => this.#renew()).then((duration) => this.begin(duration));
    this.#latest = renewed.catch(() => {});
    return renewed;
  }

  async #renew() {
    const { accessToken, connectTimeout, commandTimeout, online, replace } = this.#seams;
    const link = await online();
    if (accessToken === undefined) return replace();
    const token = await within(tokenOf(accessToken), connectTimeout, "accessToken: no answer");
    try {
      const answer = await link.request("mesh/authenticate", { token }, commandTimeout);
      return durationOf(answer?.authenticatedFor);
    } catch (error) {
      // This server, or this connection, is told tokens by requests only.
      if (codeOf(error) !== "EINVALID") throw error;
      return replace();
    }
  }

  /** @param {number} delay ms, also longer than a timer can wait */
  #after(delay) {
    const step = Math.min(Math.max(delay, LEAST_MS), LONGEST_MS);
    this.#timer = setTimeout(() => (delay > step ? this.#after(delay - step) : this.#attempt()), step);
  }

  async #attempt() {
    const term = this.#term;
    try {
      await this.renew();
    } catch (error) {
      if (!term || term !== this.#term) return;
      this.#seams.report(error);
      this.#after((term.duration - since(term.told)) / 10);
    }
  }
}
