const FIRST_MS = 250;
const MINUTE_MS = 60_000;
const SHORT_MS = 2_000;
const LONG_MS = 30_000;

/**
 * How long to wait before an attempt to connect again (§14): at once but spread at first, so that a server's clients do not
 * all come in one moment; then doubling up to 2 s in the first minute, and growing with the outage up to 30 s after it.
 * @param {number} attempt 0 for the first after a connection ended
 * @param {number} elapsed ms since then
 * @param {() => number} random from 0 to below 1
 * @returns {number} ms
 */
export function reconnectDelay(attempt, elapsed, random) {
  if (attempt === 0) return random() * FIRST_MS;
  const most = elapsed < MINUTE_MS ? SHORT_MS : Math.min(LONG_MS, elapsed / (MINUTE_MS / SHORT_MS));
  return Math.min(most, FIRST_MS * 2 ** attempt) * (0.5 + random() / 2);
}

/**
 * Whether a client comes back after a close with this code (§14). The application's own close is not asked about.
 * @param {number} code
 */
export function mayReconnect(code) {
  return code < 4100 || code > 4199;
}

/**
 * Whether what was pending may have been the reason of the close (§14), so that it must not be sent again.
 * @param {number} code
 */
export function wasRefused(code) {
  return code === 1003 || code === 1007 || code === 1009;
}
