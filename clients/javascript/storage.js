/** What is used of the browser's `Storage`. @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} StorageLike */

/** Storage that always works: what can't be stored, or not read, is kept in memory. */
export class SafeStorage {
  /** @type {Map<string, string | null>} */
  #memory = new Map();

  #storage;

  /** @param {StorageLike | null | undefined} storage */
  constructor(storage) {
    this.#storage = storage;
  }

  /**
   * @param {string} key
   * @returns {string | null}
   */
  get(key) {
    const kept = this.#memory.get(key);
    if (kept !== undefined) return kept;
    try {
      return this.#storage?.getItem(key) ?? null;
    } catch {
      return null;
    }
  }

  /**
   * @param {string} key
   * @param {string | null} value null removes
   */
  set(key, value) {
    try {
      if (!this.#storage) throw new Error("no storage");
      if (value === null) this.#storage.removeItem(key);
      else this.#storage.setItem(key, value);
      this.#memory.delete(key);
    } catch {
      this.#memory.set(key, value);
    }
  }
}

/**
 * The browser's storage, if there is one; only looking at it may throw.
 * @param {"localStorage" | "sessionStorage"} kind
 * @returns {StorageLike | null}
 */
export function browserStorage(kind) {
  try {
    // Node has these names too, but warns or throws: a page is what has a window.
    return typeof window === "undefined" ? null : window[kind];
  } catch {
    return null;
  }
}

let shared = /** @type {SafeStorage | null} */ (null);

/** The page's localStorage, one for all clients of the page. */
export function localStore() {
  return (shared ??= new SafeStorage(browserStorage("localStorage")));
}

/**
 * A string of `length` characters that nobody can guess.
 * @param {number} length
 */
export function randomId(length) {
  const letters = "abcdefghijklmnopqrstuvwxyz234567";
  return Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => letters[byte % 32]).join("");
}

/**
 * The id stored under this key of localStorage, made at the first call.
 * @param {string} key
 * @returns {string} `user-` and 8 random characters, if it is a new one
 */
export function getOrCreateId(key) {
  return storedOr(localStore(), key, () => "user-" + randomId(8));
}

/**
 * What is stored, or else a new value, stored from now on.
 * @param {SafeStorage} storage
 * @param {string} key
 * @param {() => string} make
 * @param {number} [shortest] what is shorter is none
 * @param {number} [longest] nor is what is longer
 */
export function storedOr(storage, key, make, shortest = 1, longest = Infinity) {
  const stored = storage.get(key);
  if (stored && stored.length >= shortest && stored.length <= longest) return stored;
  const made = make();
  storage.set(key, made);
  return made;
}
