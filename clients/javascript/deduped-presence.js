import { attempt } from "./emitter.js";
import { report } from "./errors.js";
import { PlainRoom } from "./plain-room.js";
import { Replica } from "./replica.js";
import { LATER, UserView } from "./user-view.js";

/** @typedef {import("./plain-room.js").Update} Update */
/** @typedef {import("./plain-room.js").Present} Present */
/** @typedef {import("./presence.js").GroupId} GroupId */

/**
 * @template [TState=any]
 * @typedef {object} Group
 * @property {TState} state the one that a member published last
 * @property {Set<string>} members the ids of its connections
 */

/**
 * @template [TState=any]
 * @typedef {object} DedupedPresenceOptions
 * @property {(state: TState, connectionId: string) => GroupId | Promise<GroupId>} getGroupIdFromState the id of the group that
 * a state belongs to; nothing for one that is not to be shown
 * @property {(groups: Map<string, Group<TState>>) => unknown} onUpdate gets all groups by id, a new map, once for each change
 */

/** So many updates may come before `init`. */
const MOST_EARLY = 1_024;

/**
 * Groups what `subscribePresence` tells connection by connection, for applications that subscribe by themselves:
 * ```js
 * const onUpdate = (groups) => console.log([...groups.keys()]);
 * const handler = createDedupedPresenceHandler({ getGroupIdFromState: (state) => state.userId, onUpdate });
 * const { present, states } = await client.subscribePresence("general", handler);
 * handler.init(present, states);
 * ```
 * @template [TState=any]
 * @param {DedupedPresenceOptions<TState>} options
 * @returns {((update: Update) => void) & { init(present: Present[], states?: Record<string, TState>): void }} the handler;
 * its `init` takes who was there already, however many updates came since
 */
export function createDedupedPresenceHandler({ getGroupIdFromState, onUpdate }) {
  if (typeof getGroupIdFromState !== "function") throw new TypeError("getGroupIdFromState must be a function");
  if (typeof onUpdate !== "function") throw new TypeError("onUpdate must be a function");
  const room = new PlainRoom(new Replica());
  const view = new UserView(({ state, connectionId, stamp }) => {
    /** @param {GroupId} [id] */
    const answer = (id) => {
      if (stamp) view.answer(connectionId, stamp, id);
      show();
    };
    try {
      const id = getGroupIdFromState(state, connectionId);
      if (!(id instanceof Promise)) return id;
      id.then(answer, (error) => {
        report(error);
        answer();
      });
      return LATER;
    } catch (error) {
      report(error);
      return undefined;
    }
  });
  room.snapshot([], {});
  let shown = view.users;
  function show() {
    if (view.users === shown) return;
    shown = view.users;
    /** @type {Map<string, Group<TState>>} */
    const groups = new Map(
      view.groups.map(({ user, connectionIds }) => [user.id, { state: user.state, members: new Set(connectionIds) }]),
    );
    attempt(onUpdate, groups);
  }
  /** @param {import("./replica.js").Taken} taken */
  const take = ({ changes }) => {
    for (const one of changes) view.take(one);
    show();
  };
  /** What came before `init`, which may tell of an earlier time. @type {Update[] | null} */
  let early = [];
  return Object.assign(
    (/** @type {Update} */ update) => {
      early?.push(update);
      // Who has not called `init` by now never will.
      if (early && early.length > MOST_EARLY) early = null;
      take(room.update(update));
    },
    {
      init(/** @type {Present[]} */ present, /** @type {Record<string, TState>} */ states = {}) {
        const now = follow(present, states, early ?? []);
        early = null;
        take(room.snapshot(now.present, now.states));
      },
    },
  );
}

/**
 * Who is there after some updates.
 * @param {Present[]} present
 * @param {Record<string, any>} states
 * @param {Update[]} updates
 * @returns {{ present: Present[], states: Record<string, any> }}
 */
function follow(present, states, updates) {
  const connections = new Map(present.map((one) => [typeof one === "string" ? one : one.id, one]));
  const stated = new Map(Object.entries(states));
  for (const { type, connectionId, state, metadata } of updates) {
    if (type === "leave") {
      connections.delete(connectionId);
      stated.delete(connectionId);
      continue;
    }
    if (!connections.has(connectionId)) connections.set(connectionId, { id: connectionId, metadata });
    if (type === "state") stated.set(connectionId, state);
  }
  return { present: [...connections.values()], states: Object.fromEntries(stated) };
}
