import { addressOf } from "./access-token.js";
import { Deferred, within } from "./deferred.js";
import { MeshError } from "./errors.js";
import { closedError, Link } from "./link.js";
import { watchPage } from "./page.js";
import { mayReconnect, reconnectDelay } from "./reconnect.js";
import { Renewal } from "./renewal.js";
import { ResumeToken } from "./resume-token.js";
import { Rooms } from "./rooms.js";
import { openSession } from "./session.js";
import { Status } from "./status.js";
import { randomId, storedOr } from "./storage.js";
import { Succession } from "./succession.js";

/** @typedef {import("./metadata.js").MetadataUpdate} MetadataUpdate */
/** @typedef {import("./session.js").Session} Session */
/** @typedef {import("./storage.js").SafeStorage} SafeStorage */

/** A connection that stood this long, in ms, was a good one: the next attempt is the first again. */
const GOOD_MS = 10_000;
const MOST_ABANDONED = 4;

/**
 * Whom a connector tells: its client.
 * @typedef {object} ConnectorOwner
 * @property {(event: string, detail?: unknown) => void} emit
 * @property {(command: string, payload: any) => void} received an event of the server's
 */

/** Keeps a connection standing, whatever happens to it. */
export class Connector {
  /** What helpers share. */
  rooms;

  /** @type {number} */
  status = Status.OFFLINE;

  /** That of the last connection while there is none. @type {Session | null} */
  session = null;

  /** What the application made this connection's, for those of the same user that follow it. @type {MetadataUpdate | null} */
  metadata = null;

  #url;
  #options;
  #storage;
  #owner;

  /** @type {Link | null} */
  #link = null;

  #token;

  /** Of what the connection is authenticated by. */
  #renewal;

  /** Of the connection to another WebSocket. */
  #succession;

  /** Settled when the connection that is awaited stands, or is given up. @type {Deferred<void> | null} */
  #coming = null;

  /** Attempts since the last connection that stood, and such as did not help for long. */
  #failures = 0;
  #attempt = 0;

  /** Since when the connection stands, or is missing. */
  #since = 0;
  #timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);

  /** Connections taken for dead: they must not say so before the session has a new one. @type {Link[]} */
  #abandoned = [];

  /** The page comes out of the cache of pages, and it is not known yet what to resume with. */
  #reviving = false;

  #unwatch = () => {};

  /**
   * @param {string} url of the server
   * @param {ReturnType<typeof import("./options.js").checkOptions>} options
   * @param {SafeStorage} storage where the client key is kept
   * @param {ConnectorOwner} owner
   */
  constructor(url, options, storage, owner) {
    this.#url = url;
    this.#options = options;
    this.#storage = storage;
    this.#owner = owner;
    this.#token = new ResumeToken(url);
    this.rooms = new Rooms({
      connectionId: () => this.session?.connectionId,
      commandTimeout: options.commandTimeout,
      report: (error) => owner.emit("error", error),
    });
    this.#succession = new Succession({
      dial: () => this.#dial(),
      succeed: (link, session) => this.#succeed(link, session),
      keep: (link) => this.#keepAbandoned(link),
    });
    this.#renewal = new Renewal({
      ...options,
      online: () => this.#renewable(),
      replace: async () => (await this.#succession.begin()).authenticatedFor,
      report: (error) => owner.emit("error", error),
    });
  }

  /**
   * Connects, and stays connected until {@link close}.
   * @returns {Promise<void>} resolved when the connection stands
   */
  connect() {
    if (this.status === Status.ONLINE) return Promise.resolve();
    if (this.#coming) return this.#coming.promise;
    this.status = Status.CONNECTING;
    this.#failures = this.#attempt = 0;
    this.#since = performance.now();
    this.rooms.begin();
    this.#unwatch = watchPage({
      online: () => this.#networkChanged(),
      awake: () => this.#awake(),
      hidden: () => this.#token.leave(),
      reviving: () => (this.#reviving = true),
      revived: () => {
        this.#reviving = false;
        this.#token.regain(this.status !== Status.ONLINE);
      },
    });
    const coming = (this.#coming = new Deferred());
    this.#open();
    return coming.promise;
  }

  /** Leaves all rooms and closes the connection, for good. */
  async close() {
    const link = this.#link;
    const stood = this.status === Status.ONLINE;
    if (stood) this.rooms.closed(1000);
    this.#giveUp(closedError("close"));
    if (!link) return;
    // The link's own `closed` finds the client offline already, and does nothing.
    await link.close(1000, "");
    if (stood) this.#tellClosed(1000, "");
  }

  /**
   * Renews what the connection is authenticated by.
   * @returns {Promise<void>}
   */
  renew() {
    return this.#renewal.renew();
  }

  /**
   * The connection, as soon as it stands.
   * @param {string} command what for
   * @param {number} [timeout] ms; default: the option `commandTimeout`
   * @returns {Promise<Link>}
   */
  async online(command, timeout = this.#options.commandTimeout) {
    if (this.#coming) await within(this.#coming.promise, timeout, `${command}: not connected`);
    if (!this.#link || this.status !== Status.ONLINE) throw closedError(command);
    return this.#link;
  }

  async #renewable() {
    const link = await this.online("renew");
    if (this.session?.plain) throw new MeshError("ENOTFOUND", "renew: the server knows of no sessions");
    return link;
  }

  /** Makes one attempt to connect. */
  #open() {
    clearTimeout(this.#timer);
    if (this.#reviving) return;
    try {
      const { link, session } = this.#dial();
      this.#link = link;
      session.then(
        (opened) => this.#opened(link, opened),
        (error) => {
          if (link.closeCode) return;
          this.#owner.emit("error", error);
          link.abandon("no session");
        },
      );
    } catch (error) {
      // No WebSocket takes this url: trying again would not help.
      this.#giveUp(error);
    }
  }

  /**
   * Makes a WebSocket, and opens the session on it.
   * @returns {{ link: Link, session: Promise<Session> }}
   */
  #dial() {
    const { accessToken, WebSocket, pingInterval, connectTimeout } = this.#options;
    const link = new Link(addressOf(this.#url, accessToken), WebSocket, pingInterval, {
      received: (frame) => {
        if (frame.command !== "mesh/session" && link !== this.#succession.heir) this.#owner.emit("message", frame);
      },
      event: (command, payload) => {
        if (this.#concerns(link, command)) this.#owner.received(command, payload);
      },
      closed: (code, reason) => this.#closed(link, code, reason),
    });
    const impatience = setTimeout(() => link.abandon("no answer in time"), connectTimeout);
    const options = { token: this.#token.value, clientKey: this.#clientKey, timeout: connectTimeout };
    return { link, session: openSession(link, options).finally(() => clearTimeout(impatience)) };
  }

  /**
   * Whether an event of the server's is news: to an heir as such nobody speaks, and what one that was succeeded still hears of
   * rooms is of subscriptions that have ended.
   * @param {Link} link
   * @param {string} command
   */
  #concerns(link, command) {
    return link === this.#link || (link !== this.#succession.heir && !command.startsWith("mesh/"));
  }

  /** Where the server finds out which connections are of one user. */
  get #clientKey() {
    return this.#options.clientKey ?? storedOr(this.#storage, "m:client-key", () => randomId(32), 16, 256);
  }

  /**
   * @param {Link} link
   * @param {Session} session
   */
  #opened(link, session) {
    if (link !== this.#link || link.closeCode) return;
    const again = this.status === Status.RECONNECTING;
    this.status = Status.ONLINE;
    this.#failures = 0;
    this.#since = performance.now();
    this.#begin(link, session);
    this.#renewal.begin(session.authenticatedFor);
    this.#owner.emit("connect");
    if (again) this.#owner.emit("reconnect");
  }

  /**
   * Another WebSocket has the session now, and nobody is to notice.
   * @param {Link} link
   * @param {Session} session
   */
  #succeed(link, session) {
    const former = this.#link;
    // The server closes it. Until then it may bring what was under way.
    former?.ended.then(() => former.discard());
    this.#link = link;
    this.#begin(link, session);
  }

  /**
   * @param {Link} link which has the session
   * @param {Session} session
   */
  #begin(link, session) {
    if (session.userId !== this.session?.userId) this.metadata = null;
    this.session = session;
    this.#token.value = session.token;
    for (const dead of this.#abandoned.splice(0)) dead.discard();
    if (this.metadata && !session.resumed) this.#tellMetadata(link, this.metadata);
    this.rooms.open(link, session);
    const coming = this.#coming;
    this.#coming = null;
    coming?.resolve();
  }

  /**
   * @param {Link} link
   * @param {MetadataUpdate} update
   */
  #tellMetadata(link, { metadata, strategy }) {
    const payload = { metadata, options: { strategy } };
    link.request("mesh/set-my-connection-metadata", payload, this.#options.commandTimeout).catch((error) => {
      if (!link.closeCode) this.#owner.emit("error", error);
    });
  }

  /**
   * @param {Link} link
   * @param {number} code
   * @param {string} reason
   * @param {boolean} [resumable] whether the session may be resumed; who has resumed it may be one that was given up
   */
  #closed(link, code, reason, resumable = code !== 4002 || this.#abandoned.length > 0) {
    if (link !== this.#link) return;
    if (code === 4002 && this.#succession.awaits((still) => this.#closed(link, code, reason, still))) {
      this.#coming = new Deferred();
      return;
    }
    this.#link = null;
    this.#renewal.end();
    this.#succession.cancel();
    this.#keepAbandoned(link);
    if (!resumable) this.#token.value = null;
    const stood = this.status === Status.ONLINE;
    const error = new MeshError("ECLOSED", `The connection to ${this.#url} ended (${code}${reason && ": " + reason})`);
    const welcome = this.#options.reconnect && mayReconnect(code);
    const again = welcome && this.#failures < this.#options.maxReconnectAttempts;
    if (again && stood) {
      const now = performance.now();
      if (now - this.#since > GOOD_MS) this.#attempt = 0;
      this.status = Status.RECONNECTING;
      this.#since = now;
      this.#coming ??= new Deferred();
    }
    if (again) {
      const delay = reconnectDelay(this.#attempt++, performance.now() - this.#since, this.#options.random);
      this.#failures++;
      this.#timer = setTimeout(() => this.#open(), delay);
    }
    if (stood) this.rooms.closed(code);
    if (!again) this.#giveUp(error);
    if (stood) this.#tellClosed(code, reason);
    else this.#owner.emit("error", error);
    if (welcome && !again) this.#owner.emit("reconnectfailed");
  }

  /** @param {Link} link that was taken for dead, and may live */
  #keepAbandoned(link) {
    if (link.lingers) this.#abandoned.push(link);
    if (this.#abandoned.length > MOST_ABANDONED) this.#abandoned.shift()?.discard();
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #tellClosed(code, reason) {
    this.#owner.emit("close", { code, reason });
    this.#owner.emit("disconnect");
  }

  /**
   * Goes offline until the application connects again.
   * @param {unknown} error what pending promises reject with
   */
  #giveUp(error) {
    this.status = Status.OFFLINE;
    clearTimeout(this.#timer);
    this.#unwatch();
    this.#reviving = false;
    this.#link = null;
    this.#token.value = null;
    this.#renewal.end();
    this.#succession.cancel();
    for (const dead of this.#abandoned.splice(0)) dead.discard();
    this.rooms.end(error);
    const coming = this.#coming;
    this.#coming = null;
    coming?.reject(error);
  }

  /** Whatever was under way went over a network that may be gone. */
  #networkChanged() {
    if (this.status === Status.ONLINE) return this.#link?.probe();
    const link = this.#link;
    if (!link) return this.#retryNow();
    // The same attempt on another network: the one given up is not a failed one.
    this.#link = null;
    link.abandon("the network changed");
    this.#keepAbandoned(link);
    this.#open();
  }

  #awake() {
    if (this.status === Status.ONLINE) this.#link?.check();
    if (this.status !== Status.ONLINE && !this.#link) this.#retryNow();
  }

  /** Makes the next attempt before its time, and one more than there would have been: it is not the client's choice. */
  #retryNow() {
    if (!this.#coming || this.#link) return;
    this.#failures = Math.max(0, this.#failures - 1);
    this.#open();
  }
}
