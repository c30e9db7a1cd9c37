import { browserStorage } from "./storage.js";

/** A token older than this, in ms, is not worth trying: a server holds a dropped connection for seconds. */
const TOKEN_AGE_MS = 60_000;

/** A token, when it was left, and which of its page's clients left it. @typedef {[token: string, time: number, place: number]} Left */

/**
 * What the page before this one left, by key, for those clients of this page that are not made yet. It is out of
 * sessionStorage as soon as the first is made, so that a duplicate of this tab, which gets a copy, finds none.
 * @type {Map<string, Left[]>}
 */
const left = new Map();

let made = 0;

/**
 * What a client resumes with (§8). Over a reload, the clients of the new page get, in the order in which they are made, what
 * those of the old one left.
 */
export class ResumeToken {
  /** @type {string | null} */
  value;

  #place = made++;
  #key;

  /** @param {string} url the server's */
  constructor(url) {
    this.#key = `m:resume:${url}`;
    if (!left.has(this.#key)) left.set(this.#key, takeOut(this.#key));
    this.value = this.#deal();
  }

  /** The page goes away: the next one may come back as this connection. */
  leave() {
    // What nobody on this page was dealt is too late for the next.
    left.set(this.#key, []);
    const others = stored(this.#key).filter(([, , place]) => place !== this.#place);
    if (this.value) store(this.#key, [...others, [this.value, Date.now(), this.#place]]);
  }

  /**
   * The page was shown again, out of the cache of pages: the one shown meanwhile was this connection last.
   * @param {boolean} needed whether the connection has ended
   */
  regain(needed) {
    const found = takeOut(this.#key);
    if (found.length > 0) left.set(this.#key, found);
    const dealt = this.#deal();
    if (needed) this.value = dealt ?? this.value;
  }

  #deal() {
    const [token] = left.get(this.#key)?.shift() ?? [null];
    return token;
  }
}

/** @param {string} key */
function takeOut(key) {
  const list = stored(key).sort((a, b) => a[2] - b[2]);
  store(key, []);
  return list;
}

/**
 * @param {string} key
 * @returns {Left[]}
 */
function stored(key) {
  try {
    const list = JSON.parse(browserStorage("sessionStorage")?.getItem(key) ?? "[]");
    return list.filter((/** @type {Left} */ [token, time]) => typeof token === "string" && Date.now() - time < TOKEN_AGE_MS);
  } catch {
    return [];
  }
}

/**
 * @param {string} key
 * @param {Left[]} list
 */
function store(key, list) {
  try {
    const storage = browserStorage("sessionStorage");
    if (list.length > 0) storage?.setItem(key, JSON.stringify(list));
    else storage?.removeItem(key);
  } catch {
    // Without sessionStorage a reload is a leave and a join.
  }
}
