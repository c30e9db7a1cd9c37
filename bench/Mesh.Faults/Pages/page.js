/** One page: what the browser client finds in a browser, and a client that does what it is told. */
import { parentPort, workerData } from "node:worker_threads";

/** As much of a browser's storage as the client uses. */
class PageStorage {
  #items;

  constructor(items = []) {
    this.#items = new Map(items);
  }

  get items() {
    return [...this.#items];
  }

  getItem(key) {
    return this.#items.get(key) ?? null;
  }

  setItem(key, value) {
    this.#items.set(key, String(value));
  }

  removeItem(key) {
    this.#items.delete(key);
  }
}

/** Node.js 20 tells of a connection that failed by an error alone; in a browser its end follows. */
class PageWebSocket extends WebSocket {
  constructor(url) {
    super(url);
    let ended = false;
    this.addEventListener("close", () => (ended = true));
    this.addEventListener("error", () =>
      setTimeout(() => ended || this.dispatchEvent(Object.assign(new Event("close"), { code: 1006, reason: "" }))),
    );
  }
}

/** Who is answered has closed sooner than this, in ms. */
const UNANSWERED_MS = 900;

const { url, room, client: modules, session, local } = workerData;
const sessionStorage = new PageStorage(session);
const localStorage = new PageStorage(local);
globalThis.window = Object.assign(new EventTarget(), { sessionStorage, localStorage });
globalThis.document = Object.assign(new EventTarget(), { visibilityState: "visible" });

const { MeshClient, Status } = await import(`${modules}/client.js`);
const { createPresence } = await import(`${modules}/client-utils.js`);

const client = new MeshClient(url, { WebSocket: PageWebSocket });
let presence = null;

const show = (users, fresh) =>
  parentPort.postMessage({ view: users?.map(({ id, state, tabCount }) => ({ userId: id, mark: state?.mark ?? null, tabs: tabCount })) ?? null, fresh });

const acts = {
  async join() {
    show(null, false);
    const connecting = client.connect();
    const helper = createPresence({
      client,
      room,
      storageKey: "state",
      stateIdentifier: (state) => state?.userId,
      onUpdate: (users) => presence === helper && show(users, helper.fresh),
      onFreshness: (fresh) => presence === helper && show(helper.users, fresh),
    });
    presence = helper;
    await connecting;
    await helper.ready;
    show(helper.users, helper.fresh);
  },

  publish: ({ state }) => presence.publish(state),

  async leave({ closes }) {
    const helper = presence;
    presence = null;
    if (!closes) return void (await helper.dispose());
    const online = client.status === Status.ONLINE;
    const started = performance.now();
    await client.close();
    const heard = online && performance.now() - started < UNANSWERED_MS;
    await helper.dispose();
    return { heard };
  },
};

parentPort.on("message", async ({ call, act, ...details }) => {
  if (act === "reload") {
    window.dispatchEvent(new Event("pagehide"));
    parentPort.postMessage({ call, hidden: { session: sessionStorage.items, local: localStorage.items } });
    return;
  }
  try {
    const result = await acts[act](details);
    parentPort.postMessage({ call, heard: result?.heard ?? true });
  } catch (error) {
    parentPort.postMessage({ call, error: `${error.code ?? ""} ${error.message}` });
  }
});
