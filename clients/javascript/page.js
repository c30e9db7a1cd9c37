/** A page that comes back from the cache of pages waits this long, in ms, for the one shown before it to leave its tokens. */
const HANDOVER_MS = 100;

/**
 * @typedef {object} PageHandlers
 * @property {() => void} online the network is back, maybe another one
 * @property {() => void} awake the page can be seen, or was shown again
 * @property {() => void} hidden the page goes away, maybe for good
 * @property {() => void} reviving the page comes out of the cache of pages: soon it is known what the one shown meanwhile has left
 * @property {() => void} revived it is known now; `awake` follows
 */

/**
 * Watches the page that the client lives in, if there is one.
 * @param {PageHandlers} handlers
 * @returns {() => void} ends it
 */
export function watchPage({ online, awake, hidden, reviving, revived }) {
  if (typeof window === "undefined" || typeof document === "undefined") return () => {};
  let handover = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  const visible = () => document.visibilityState === "visible" && awake();
  const hide = () => {
    clearTimeout(handover);
    hidden();
  };
  const show = (/** @type {PageTransitionEvent} */ { persisted }) => {
    if (!persisted) return awake();
    reviving();
    handover = setTimeout(() => {
      revived();
      awake();
    }, HANDOVER_MS);
  };
  window.addEventListener("online", online);
  window.addEventListener("pageshow", show);
  window.addEventListener("pagehide", hide);
  document.addEventListener("visibilitychange", visible);
  return () => {
    clearTimeout(handover);
    window.removeEventListener("online", online);
    window.removeEventListener("pageshow", show);
    window.removeEventListener("pagehide", hide);
    document.removeEventListener("visibilitychange", visible);
  };
}
