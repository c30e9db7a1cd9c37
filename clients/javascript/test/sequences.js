import { UserViewRun } from "./user-view-run.js";

/**
 * Runs generated sequences of events, each in the format of a case of user-view.json, to be compared with another core's result.
 * @param {{ identifier: { field: string, async?: boolean, throws?: boolean }, steps: import("./user-view-run.js").Step[] }[]} sequences
 * @returns {(readonly import("../user-view.js").User[])[]} the users that each ends with
 */
export function runSequences(sequences) {
  return sequences.map(({ identifier, steps }) => {
    const run = new UserViewRun(identifier);
    /** @type {readonly import("../user-view.js").User[]} */
    let users = [];
    for (const step of steps) users = run.step(step).users;
    return users;
  });
}
