import { errorOf } from "../errors.js";
import { sameJson } from "../json.js";
import { Replica } from "../replica.js";
import { isRoomName } from "../room-name.js";
import { apply, compare, judge, rosterOf, snapshotOf } from "../roster.js";
import { isDiff } from "../sound.js";
import { UserViewRun } from "./user-view-run.js";

/** @typedef {{ name: string, [key: string]: any }} Case */

/**
 * How to run a case of each file of protocol/vectors. frames.json is what a server does with what it receives: not for a client.
 * @type {Record<string, { keys: string[], run(one: Case): void }>}
 */
const SUBJECTS = {
  "room-names.json": {
    keys: ["roomName", "valid"],
    run: ({ roomName, valid }) => same("valid", isRoomName(roomName), valid),
  },
  "errors.json": {
    keys: ["payload", "error"],
    run({ payload, error }) {
      const thrown = errorOf(payload);
      same("is an error", thrown !== null, error !== null);
      for (const key of Object.keys(error ?? {})) same(key, thrown?.[/** @type {"code"} */ (key)], error[key]);
    },
  },
  "roster-apply.json": {
    keys: ["roster", "diff", "outcome", "result"],
    run({ roster, diff, outcome, result }) {
      const at = rosterOf(roster);
      same("outcome", judge(at, diff), outcome);
      if (outcome === "applied") apply(at, diff);
      sameRoster("result", at, result ?? roster);
    },
  },
  "roster-compare.json": {
    keys: ["a", "b", "diff"],
    run({ a, b, diff }) {
      const at = rosterOf(a);
      const found = compare(at, rosterOf(b));
      same("diff", asSets(found), asSets(diff));
      apply(at, found);
      sameRoster("Apply(a, diff)", at, b);
    },
  },
  "diff-merge.json": {
    keys: ["roster", "diffs", "merged"],
    // To merge is the server's part; what is merged is to lead where the diffs lead.
    run({ roster, diffs, merged }) {
      const rosters = [...diffs.keys(), diffs.length].map((count) => {
        const at = rosterOf(structuredClone(roster));
        for (const diff of diffs.slice(0, count)) apply(at, diff);
        return at;
      });
      same("is sound", isDiff(merged), true);
      for (const [i, at] of rosters.slice(0, -1).entries()) {
        same(`outcome after ${i}`, judge(at, merged), "applied");
        apply(at, merged);
        sameRoster(`merged after ${i}`, at, snapshotOf(rosters[diffs.length]));
      }
    },
  },
  "replica.json": {
    keys: ["steps"],
    run({ steps }) {
      const replica = new Replica();
      for (const [i, step] of steps.entries()) {
        known(step, ["snapshot", "diff", "resync", "outcome", "roster"]);
        const { snapshot, diff, resync } = step;
        const { outcome } = snapshot
          ? replica.snapshot(snapshot)
          : resync
            ? replica.answer(resync)
            : replica.take(diff);
        same(`outcome of step ${i}`, outcome, step.outcome);
        if (!step.roster) continue;
        if (!replica.roster) throw new Error(`no roster after step ${i}`);
        sameRoster(`roster after step ${i}`, replica.roster, step.roster);
      }
    },
  },
  "user-view.json": {
    keys: ["identifier", "steps"],
    run({ identifier, steps }) {
      const view = new UserViewRun(identifier);
      for (const [i, step] of steps.entries()) {
        known(step, ["roster", "diff", "answer", "users", "asked"]);
        const { users, asked } = view.step(step);
        if (step.users) same(`users after step ${i}`, users, step.users);
        if (step.asked) same(`asked in step ${i}`, asked.sort(), [...step.asked].sort());
      }
    },
  },
};

/**
 * Runs the shared vectors against this client's core.
 * @param {Record<string, Case[]>} files by file name; one that is not for clients is left out
 * @returns {{ passed: number, failed: { file: string, name: string, message: string }[] }}
 */
export function runVectors(files) {
  let passed = 0;
  const failed = [];
  for (const [file, cases] of Object.entries(files)) {
    const subject = SUBJECTS[file];
    if (!subject) continue;
    for (const one of cases) {
      try {
        known(one, ["name", ...subject.keys]);
        subject.run(structuredClone(one));
        passed++;
      } catch (error) {
        failed.push({ file, name: one.name, message: error instanceof Error ? error.message : String(error) });
      }
    }
  }
  return { passed, failed };
}

/**
 * @param {object} value
 * @param {string[]} keys
 */
function known(value, keys) {
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown) throw new Error(`unknown key ${unknown}`);
}

/**
 * @param {string} what
 * @param {unknown} actual
 * @param {unknown} expected
 */
function same(what, actual, expected) {
  if (!sameJson(actual, expected)) {
    throw new Error(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
  }
}

/**
 * The lists of a diff say the same in any order.
 * @param {import("../roster.js").Diff} diff
 */
function asSets({ joined = [], updated = [], left = [], ...rest }) {
  /** @type {(a: { number: number }, b: { number: number }) => number} */
  const byNumber = (a, b) => a.number - b.number;
  return { ...rest, joined: joined.toSorted(byNumber), updated: updated.toSorted(byNumber), left: left.toSorted() };
}

/**
 * @param {string} what
 * @param {import("../roster.js").Roster} actual
 * @param {import("../roster.js").Snapshot} expected
 */
function sameRoster(what, actual, expected) {
  same(what, snapshotOf(actual), snapshotOf(rosterOf(expected)));
}
