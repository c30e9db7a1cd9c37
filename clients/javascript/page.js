import { browserStorage } from "./storage.js";

/** A token older than this, in ms, is not worth trying: a server holds a dropped connection for seconds. */
const TOKEN_AGE_MS = 60_000;

/** A page that comes back from the cache of pages waits this long, in ms, for the one shown before it to leave its token. */
const HANDOVER_MS = 100;

/**
 * @typedef {object} PageHandlers
 * @property {() => void} online the network is back, maybe another one
 * @property {() => void} awake the page can be seen, or was shown again
 * @property {() => string | null} token what the next page resumes with
 */

/**
 * Watches the page that the client lives in, if there is one.
 * @param {string} key names the client among those of the page
 * @param {PageHandlers} handlers
 * @returns {() => void} ends it
 */
export function watchPage(key, { online, awake, token }) {
  if (typeof window === "undefined" || typeof document === "undefined") return () => {};
  const visible = () => document.visibilityState === "visible" && awake();
  const hide = () => {
    const left = token();
    if (left) store(key, [...tokens(key), [left, Date.now()]]);
  };
  const show = (/** @type {PageTransitionEvent} */ { persisted }) =>
    void setTimeout(awake, persisted ? HANDOVER_MS : 0);
  window.addEventListener("online", online);
  window.addEventListener("pageshow", show);
  window.addEventListener("pagehide", hide);
  document.addEventListener("visibilitychange", visible);
  return () => {
    window.removeEventListener("online", online);
    window.removeEventListener("pageshow", show);
    window.removeEventListener("pagehide", hide);
    document.removeEventListener("visibilitychange", visible);
  };
}

/**
 * The token that the page before this one, in the same tab, left for a client; taken out, so that a duplicate of this tab,
 * which gets a copy of its sessionStorage, has none.
 * @param {string} key
 * @returns {string | null}
 */
export function takeToken(key) {
  const [first, ...rest] = tokens(key);
  if (!first) return null;
  store(key, rest);
  return first[0];
}

/**
 * @param {string} key
 * @returns {[string, number][]} of the clients of one page, in the order in which they left them, with the time
 */
function tokens(key) {
  try {
    const list = JSON.parse(browserStorage("sessionStorage")?.getItem(key) ?? "[]");
    return list.filter(
      (/** @type {[string, number]} */ [token, time]) => typeof token === "string" && Date.now() - time < TOKEN_AGE_MS,
    );
  } catch {
    return [];
  }
}

/**
 * @param {string} key
 * @param {[string, number][]} list
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
