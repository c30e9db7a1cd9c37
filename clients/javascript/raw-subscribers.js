import { attempt } from "./emitter.js";
import { updatesOf } from "./raw-updates.js";
import { snapshotOf } from "./roster.js";

/** @typedef {import("./raw-updates.js").PresenceUpdate} PresenceUpdate */
/** @typedef {import("./roster.js").Changes} Changes */
/** @typedef {import("./roster.js").Roster} Roster */
/** @typedef {(update: PresenceUpdate) => unknown} PresenceCallback */

/** Those who see a room connection by connection (`subscribePresence`). */
export class RawSubscribers {
  /** With whether they know who is there: before, an update would tell them nothing. @type {Map<PresenceCallback, boolean>} */
  #callbacks = new Map();

  get size() {
    return this.#callbacks.size;
  }

  /** @param {PresenceCallback} callback */
  add(callback) {
    if (!this.#callbacks.has(callback)) this.#callbacks.set(callback, false);
  }

  /**
   * Who is there, for a subscriber that gets what changes from now on.
   * @param {PresenceCallback} callback
   * @param {Roster | null} roster
   * @returns {{ present: { id: string, metadata: any }[], states: Record<string, any> }}
   */
  answer(callback, roster) {
    if (this.#callbacks.has(callback)) this.#callbacks.set(callback, true);
    const members = roster ? snapshotOf(roster).members : [];
    return {
      present: members.map(({ connectionId, metadata = null }) => ({ id: connectionId, metadata })),
      states: Object.fromEntries(
        members.filter((one) => one.state != null).map((one) => [one.connectionId, one.state]),
      ),
    };
  }

  /**
   * @param {PresenceCallback} [callback] default: all
   * @returns {boolean} whether there was one
   */
  remove(callback) {
    if (callback) return this.#callbacks.delete(callback);
    const any = this.#callbacks.size > 0;
    this.#callbacks.clear();
    return any;
  }

  /**
   * @param {Changes[]} changes
   * @param {string} roomName
   * @param {number} timestamp
   */
  tell(changes, roomName, timestamp) {
    if (this.#callbacks.size === 0) return;
    for (const update of changes.flatMap((one) => updatesOf(one, roomName, timestamp))) {
      for (const [callback, answered] of [...this.#callbacks]) {
        // One that has unsubscribed in between hears no more.
        if (answered && this.#callbacks.has(callback)) attempt(callback, update);
      }
    }
  }
}
