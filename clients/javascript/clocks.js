/** A moment on two clocks: one stands still while some machines sleep, the other may be set by hand. */
export function clocks() {
  return { wall: Date.now(), monotonic: performance.now() };
}

/**
 * ms since then, sleep included.
 * @param {{ wall: number, monotonic: number }} then
 */
export function since({ wall, monotonic }) {
  return Math.max(Date.now() - wall, performance.now() - monotonic);
}
