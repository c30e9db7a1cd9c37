import { MeshError } from "./errors.js";
import { closedError } from "./link.js";

/** @typedef {import("./link.js").Link} Link */
/** @typedef {import("./session.js").Session} Session */

/**
 * @typedef {object} SuccessionSeams
 * @property {() => { link: Link, session: Promise<Session> }} dial makes a WebSocket that resumes the session at hand
 * @property {(link: Link, session: Session) => void} succeed it has the session: it takes the place of the one at hand
 * @property {(link: Link) => void} keep one that was given up, and may have the session: a close frame would end that
 */

/** A second WebSocket takes the place of the one at hand, without a break (§8). */
export class Succession {
  /** On its way to take the place. @type {Link | null} */
  heir = null;

  /** What the one at hand leaves behind, should there be no heir after all. @type {((resumable: boolean) => void) | null} */
  #orphan = null;
  #seams;

  /** @param {SuccessionSeams} seams */
  constructor(seams) {
    this.#seams = seams;
  }

  /**
   * @returns {Promise<Session>} when it has taken the place; rejected if it can't, and then the one at hand stays
   */
  async begin() {
    const { link, session } = this.#seams.dial();
    this.heir = link;
    const opened = await session.catch((error) => {
      this.#fail(link, true);
      throw error;
    });
    if (this.heir !== link) throw closedError("renew");
    if (!opened.resumed) {
      this.#fail(link, false);
      throw new MeshError("EFORBIDDEN", "renew: the server did not resume the session: it may be another user's by now");
    }
    this.heir = this.#orphan = null;
    this.#seams.succeed(link, opened);
    return opened;
  }

  /**
   * The one at hand was closed because another has resumed its session: the heir, perhaps, whose answer is on its way.
   * @param {(resumable: boolean) => void} orphan called if it was not, with whether the session may be resumed all the same
   * @returns {boolean} whether there is an heir to wait for
   */
  awaits(orphan) {
    if (this.heir) this.#orphan = orphan;
    return this.heir !== null;
  }

  /** The one at hand has ended for another reason: there is nothing to inherit. */
  cancel() {
    if (this.heir) this.#fail(this.heir, true);
  }

  /**
   * @param {Link} link
   * @param {boolean} resumable the server may have given it the session, but it has not said a word on it
   */
  #fail(link, resumable) {
    if (this.heir !== link) return;
    const orphan = this.#orphan;
    this.heir = this.#orphan = null;
    if (resumable) {
      link.abandon("no session");
      this.#seams.keep(link);
    } else link.close(1000, "");
    orphan?.(resumable);
  }
}
