/**
 * Whether a server accepts this as the name of a room (§6): 1–256 UTF-16 units, no control character, no lone surrogate.
 * @param {unknown} name
 * @returns {name is string}
 */
export function isRoomName(name) {
  return typeof name === "string" && name.length > 0 && name.length <= 256 && !/[\p{Cc}\p{Surrogate}]/u.test(name);
}

/**
 * @param {unknown} name
 * @returns {string}
 */
export function checkRoomName(name) {
  if (isRoomName(name)) return name;
  throw new TypeError("room must be a string of 1 to 256 characters without control characters and lone surrogates");
}
