import { apply, compare, judge, rosterOf } from "./roster.js";

/** @typedef {import("./roster.js").Changes} Changes */
/** @typedef {import("./roster.js").Diff} Diff */
/** @typedef {import("./roster.js").Roster} Roster */
/** @typedef {import("./roster.js").Snapshot} Snapshot */

/**
 * What became of a frame, and what it changed. After `gap` the replica waits: ask the server again.
 * @typedef {{ outcome: "applied" | "buffered" | "ignored" | "gap", changes: Changes[] }} Taken
 */

const BUFFER_LIMIT = 1024;

/** A receiver's copy of a room's roster, by the rules of §10: it never guesses. */
export class Replica {
  /** What was shown last, also while waiting. @type {Roster | null} */
  roster = null;

  /** No roster yet, or not known to be complete. */
  waiting = true;

  /** @type {Diff[]} */
  #buffer = [];

  /** The next snapshot is of another count, and is taken whatever its epoch. */
  rebasing = false;

  /**
   * To be called when the subscription has ended: nothing follows what was received.
   * @param {boolean} [rebase] what follows comes from another kind of server
   */
  reopen(rebase = false) {
    this.waiting = true;
    this.#buffer = [];
    if (rebase) this.rebase();
  }

  /**
   * Something was told that can't be read: the server is to be asked.
   * @returns {Taken}
   */
  lost() {
    this.reopen();
    return { outcome: "gap", changes: [] };
  }

  /** The server counts anew, from where it likes. */
  rebase() {
    this.rebasing = this.roster !== null;
  }

  /**
   * A diff that the server sent unasked.
   * @param {Diff} diff
   * @returns {Taken}
   */
  take(diff) {
    if (this.waiting || !this.roster) return this.#hold(diff);
    const outcome = judge(this.roster, diff);
    if (outcome === "gap") {
      this.waiting = true;
      this.#buffer = [diff];
    }
    return { outcome, changes: outcome === "gap" ? [] : [changesOf(this.roster, diff, outcome)] };
  }

  /**
   * @param {Snapshot} snapshot
   * @returns {Taken}
   */
  snapshot(snapshot) {
    const next = rosterOf(snapshot);
    const at = this.roster;
    if (!at) {
      this.roster = next;
      return this.#drain([{ left: [], joined: [...next.members.values()], updated: [] }]);
    }
    const lower = next.epoch - at.epoch || next.revision - at.revision;
    if (lower < 0 && !this.rebasing) return { outcome: "ignored", changes: [] };
    this.rebasing = false;
    return this.#drain([apply(at, compare(at, next))]);
  }

  /**
   * The diff that the server answered with to a `known` revision.
   * @param {Diff} diff
   * @returns {Taken}
   */
  answer(diff) {
    const at = this.roster;
    if (!at || this.rebasing || diff.epoch !== at.epoch || diff.from > at.revision)
      return { outcome: "gap", changes: [] };
    return this.#drain(diff.to > at.revision ? [apply(at, diff)] : []);
  }

  /**
   * @param {Diff} diff
   * @returns {Taken}
   */
  #hold(diff) {
    if (this.#buffer.length >= BUFFER_LIMIT) {
      this.#buffer = [];
      return { outcome: "gap", changes: [] };
    }
    this.#buffer.push(diff);
    return { outcome: "buffered", changes: [] };
  }

  /**
   * Takes the diffs that overtook the answer.
   * @param {Changes[]} changes those of the answer
   * @returns {Taken}
   */
  #drain(changes) {
    const roster = /** @type {Roster} */ (this.roster);
    const held = this.#buffer.sort((a, b) => a.epoch - b.epoch || a.from - b.from);
    this.#buffer = [];
    this.waiting = false;
    for (const [i, diff] of held.entries()) {
      const outcome = judge(roster, diff);
      if (outcome === "gap") {
        this.waiting = true;
        this.#buffer = held.slice(i);
        return { outcome, changes };
      }
      changes.push(changesOf(roster, diff, outcome));
    }
    return { outcome: "applied", changes };
  }
}

/**
 * @param {Roster} roster
 * @param {Diff} diff
 * @param {"ignored" | "applied"} outcome
 * @returns {Changes}
 */
function changesOf(roster, diff, outcome) {
  if (outcome === "applied") return apply(roster, diff);
  // An answer has told of the rest already: answers have no parting.
  return { left: [], joined: [], updated: [], parting: diff.parting ?? [] };
}
