import { apply, compare, judge, rosterOf } from "../roster.js";
import { LATER, UserView } from "../user-view.js";

/**
 * A step of user-view.json, see the README of protocol/vectors.
 * @typedef {object} Step
 * @property {import("../roster.js").Snapshot} [roster]
 * @property {import("../roster.js").Diff} [diff]
 * @property {{ connectionId: string, stamp: import("../stamp.js").Stamp, id?: unknown, throws?: true }} [answer]
 */

/** A view by user, driven by steps. */
export class UserViewRun {
  /** @type {import("../roster.js").Roster} */
  #roster = { epoch: 0, revision: 0, members: new Map() };

  /** @type {string[]} */
  #asked = [];

  #view;

  /** @param {{ field: string, async?: boolean, throws?: boolean }} identifier */
  constructor({ field, async, throws }) {
    this.#view = new UserView(({ connectionId, state }) => {
      this.#asked.push(connectionId);
      if (async) return LATER;
      // One that throws is a member not listed, like one whose identifier returns nothing: both are undefined to the view.
      return throws && !Object.hasOwn(Object(state), field) ? undefined : Object(state)[field];
    });
  }

  /** @param {Step} step */
  step({ roster, diff, answer }) {
    this.#asked = [];
    if (roster) this.#view.take(apply(this.#roster, compare(this.#roster, rosterOf(roster))));
    if (diff && judge(this.#roster, diff) === "applied") this.#view.take(apply(this.#roster, diff));
    if (answer) this.#view.answer(answer.connectionId, answer.stamp, answer.throws ? undefined : answer.id);
    return { users: this.#view.users, asked: this.#asked };
  }
}
