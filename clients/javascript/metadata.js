/** @typedef {"replace" | "merge" | "deepMerge"} Strategy */
/**
 * How a connection's metadata was set, several calls put into one.
 * @typedef {{ metadata: any, strategy: Strategy }} MetadataUpdate
 */

/**
 * The one update that says the same as two (§7), so that a new connection can be told what the old one was.
 * @param {MetadataUpdate | null} before
 * @param {MetadataUpdate} update
 * @returns {MetadataUpdate}
 */
export function combine(before, update) {
  if (!before || update.strategy === "replace") return update;
  return {
    metadata: merge(before.metadata, update.metadata, update.strategy === "deepMerge"),
    strategy: before.strategy,
  };
}

/**
 * @param {any} present
 * @param {any} given
 * @param {boolean} deep
 * @returns {any}
 */
function merge(present, given, deep) {
  const base = isObject(present) ? present : {};
  if (!isObject(given)) return base;
  const merged = Object.entries(given).map(([key, value]) => {
    const nested = deep && isObject(value) && Object.hasOwn(base, key) && isObject(base[key]);
    return [key, nested ? merge(base[key], value, true) : value];
  });
  return { ...base, ...Object.fromEntries(merged) };
}

/** @param {unknown} value */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
