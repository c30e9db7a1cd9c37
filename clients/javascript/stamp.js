/** When a state was published, or a member joined: epoch, then revision (§1). @typedef {readonly [number, number]} Stamp */

/**
 * Less than zero if `a` came first.
 * @param {Stamp} a
 * @param {Stamp} b
 */
export function compareStamps(a, b) {
  return a[0] - b[0] || a[1] - b[1];
}

/**
 * @param {Stamp | null | undefined} a
 * @param {Stamp | null | undefined} b
 */
export function isNewer(a, b) {
  return !!a && (!b || compareStamps(a, b) > 0);
}

/**
 * @param {Stamp | null | undefined} a
 * @param {Stamp | null | undefined} b
 */
export function sameStamp(a, b) {
  return a === b || (!!a && !!b && compareStamps(a, b) === 0);
}
