export { createDedupedPresenceHandler } from "./deduped-presence.js";
export { createPresence } from "./presence.js";
export { getOrCreateId } from "./storage.js";

/**
 * @template [TState=any]
 * @typedef {import("./presence.js").PresenceOptions<TState>} PresenceOptions
 */
/**
 * @template [TState=any]
 * @typedef {import("./presence.js").Presence<TState>} Presence
 */
/**
 * @template [TState=any]
 * @typedef {import("./user-view.js").User<TState>} User
 */
/**
 * @template [TState=any]
 * @typedef {import("./deduped-presence.js").DedupedPresenceOptions<TState>} DedupedPresenceOptions
 */
/**
 * @template [TState=any]
 * @typedef {import("./deduped-presence.js").Group<TState>} Group
 */
