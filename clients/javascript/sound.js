import { MeshError } from "./errors.js";

/** @typedef {import("./session.js").Session} Session */

/**
 * What a server tells is looked at before anything is made of it: one that is broken, or hostile, must not harm the page.
 * @param {string} command whose answer it is
 */
export function unsound(command) {
  return new MeshError("ESERVER", `${command}: the server's answer is not sound`);
}

/** @param {any} value */
export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @param {any} value an epoch, a revision, a number of a member */
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;

/** @param {any} value */
const isStamp = (value) => Array.isArray(value) && value.length === 2 && value.every(isCount);

/**
 * @param {any} value
 * @param {(value: any) => boolean} isSound
 */
const isNone = (value, isSound) => value === undefined || value === null || isSound(value);

/** @param {any} value */
const isText = (value) => typeof value === "string";

/** @param {any} values @param {(value: any) => boolean} isSound */
const isList = (values, isSound) => Array.isArray(values) && values.every(isSound);

/** @param {any} member */
function isMember(member) {
  return (
    isObject(member) &&
    isText(member.connectionId) &&
    isCount(member.number) &&
    isStamp(member.joinedAt) &&
    isNone(member.stamp, isStamp) &&
    isNone(member.deadline, Number.isSafeInteger) &&
    isNone(member.userId, isText) &&
    isNone(member.sibling, isText)
  );
}

/** @param {any} update */
const isUpdate = (update) =>
  isObject(update) && isCount(update.number) && isNone(update.stamp, isStamp) && isNone(update.deadline, Number.isSafeInteger);

/** @param {any} parting */
const isParting = (parting) =>
  isObject(parting) && isText(parting.sibling) && isStamp(parting.stamp) && isNone(parting.deadline, Number.isSafeInteger);

/** @param {any} snapshot */
export function isSnapshot(snapshot) {
  return isObject(snapshot) && isCount(snapshot.epoch) && isCount(snapshot.revision) && isList(snapshot.members, isMember);
}

/** @param {any} diff */
export function isDiff(diff) {
  return (
    isObject(diff) &&
    isCount(diff.epoch) &&
    isCount(diff.from) &&
    isCount(diff.to) &&
    isNone(diff.joined, (joined) => isList(joined, isMember)) &&
    isNone(diff.updated, (updated) => isList(updated, isUpdate)) &&
    isNone(diff.left, (left) => isList(left, isCount)) &&
    isNone(diff.parting, (parting) => isList(parting, isParting))
  );
}

/** @param {any} acknowledgement of a publish, or what an entry says of its state */
export function isAcknowledgement({ stamp, deadline }) {
  return isNone(stamp, isStamp) && isNone(deadline, Number.isSafeInteger);
}

/**
 * @param {any} answer
 * @returns {Omit<Session, "plain"> & { pingInterval?: number, messageLimit?: number }} without what is of no use
 */
export function sessionOf(answer) {
  const isSound =
    isObject(answer) && isText(answer.connectionId) && isNone(answer.token, isText) && isNone(answer.userId, isText);
  if (!isSound) throw unsound("mesh/session");
  return {
    connectionId: answer.connectionId,
    resumed: answer.resumed === true,
    token: answer.token ?? null,
    ...(isText(answer.userId) && { userId: answer.userId }),
    authenticatedFor: durationOf(answer.authenticatedFor),
    pingInterval: durationOf(answer.pingInterval),
    messageLimit: durationOf(answer.limits?.message),
  };
}

/**
 * @param {any} value
 * @returns {number | undefined} undefined if it is none
 */
export function durationOf(value) {
  return Number.isFinite(value) && value > 0 ? value : undefined;
}
