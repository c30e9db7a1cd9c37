import { closedError } from "./link.js";
import { Room } from "./room.js";

/** @typedef {import("./link.js").Link} Link */
/** @typedef {import("./room-entry.js").EnterRequest} EnterRequest */
/** @typedef {import("./session.js").Session} Session */

const ENTER_ROOMS = 100;
/** What a frame needs besides its rooms, generously. */
const ENTER_BYTES = 1_024;

/** The rooms that anybody in this client wants, and what the server sends about them. */
export class Rooms {
  /** @type {Map<string, Room>} */
  #rooms = new Map();

  /** Left, as far as this client goes, but the server has not said so: a resumed connection may still be in them. @type {Set<string>} */
  #departed = new Set();

  /** To be entered at the end of this turn. @type {Set<Room>} */
  #soon = new Set();

  /** The connection that stands, if there is one. @type {{ link: Link, session: Session } | null} */
  #at = null;

  /** Whose the last session was, if the server has verified it; null before the first. @type {{ userId?: string } | null} */
  #owner = null;

  /** @type {unknown} */
  #ended = null;

  #seams;

  /**
   * @param {object} seams
   * @param {() => string | undefined} seams.connectionId
   * @param {number} seams.commandTimeout ms
   * @param {(error: unknown) => void} seams.report
   */
  constructor({ connectionId, commandTimeout, report }) {
    this.#seams = {
      connectionId,
      commandTimeout,
      report,
      ended: () => this.#ended,
      enter: (/** @type {(EnterRequest | null)[]} */ requests) => this.#enter(requests),
      enterSoon: (/** @type {Room} */ room) => this.#enterSoon(room),
      leave: (/** @type {string} */ roomName) => this.#leave(roomName),
      unused: (/** @type {Room} */ room) => this.#drop(room),
      unsubscribed: (/** @type {string} */ roomName) => this.#rooms.get(roomName)?.noLongerStale(),
    };
  }

  /**
   * @param {string} name
   * @returns {Room} to be released by who does not want anything of it after all
   */
  get(name) {
    let room = this.#rooms.get(name);
    if (!room) {
      room = new Room(name, this.#seams);
      this.#rooms.set(name, room);
      if (this.#at) room.open(this.#at.link, this.#at.session);
    }
    return room;
  }

  /**
   * A connection stands, or goes on over another WebSocket: enters all rooms, in one frame if it can be.
   * @param {Link} link
   * @param {Session} session
   */
  open(link, session) {
    if (this.#at) for (const room of this.#rooms.values()) room.part();
    if (session.userId !== this.#owner?.userId) for (const room of this.#rooms.values()) room.disown(!this.#owner);
    this.#owner = session;
    this.#at = { link, session };
    const departed = [...this.#departed].filter((roomName) => !this.#rooms.get(roomName)?.wantsMembership);
    this.#departed.clear();
    if (session.resumed) for (const roomName of departed) this.#leave(roomName).catch(() => {});
    this.#enter([...this.#rooms.values()].map((room) => room.open(link, session)));
  }

  /** @param {number} code the connection ended with */
  closed(code) {
    this.#at = null;
    for (const room of this.#rooms.values()) room.closed(code);
  }

  /** The client is connecting: it is worth waiting. */
  begin() {
    this.#ended = null;
  }

  /**
   * The client will not come back by itself.
   * @param {unknown} error
   */
  end(error) {
    this.#ended = error;
    this.#departed.clear();
    for (const room of this.#rooms.values()) room.end(error);
  }

  /**
   * @param {string} command
   * @param {any} payload
   */
  event(command, payload) {
    const room = this.#rooms.get(payload?.roomName);
    if (!room) return;
    if (command === "mesh/presence-diff") room.diff(payload);
    if (command === "mesh/presence-update" && typeof payload.connectionId === "string") room.update(payload);
  }

  /** @param {Room} room */
  #drop(room) {
    if (this.#rooms.get(room.name) !== room) return;
    this.#rooms.delete(room.name);
    if (!this.#at) this.#departed.add(room.name);
  }

  /** @param {string} roomName */
  async #leave(roomName) {
    this.#departed.add(roomName);
    const at = this.#at;
    if (!at) throw closedError("mesh/leave-room");
    const answer = await at.link.request("mesh/leave-room", { roomName }, this.#seams.commandTimeout);
    if (this.#at === at) this.#departed.delete(roomName);
    return answer;
  }

  /** @param {Room} room */
  #enterSoon(room) {
    if (this.#soon.size === 0) {
      queueMicrotask(() => {
        const rooms = [...this.#soon];
        this.#soon.clear();
        this.#enter(rooms.map((one) => one.enter()));
      });
    }
    this.#soon.add(room);
  }

  /** @param {(EnterRequest | null)[]} asked */
  #enter(asked) {
    const link = this.#at?.link;
    if (!link) return;
    const requests = asked.filter((request) => request !== null);
    for (const part of split(requests, link.messageLimit - ENTER_BYTES)) {
      link.request("mesh/enter", { rooms: part.map((request) => request.body) }, this.#seams.commandTimeout).then(
        (answer) => part.forEach((request, i) => request.settle(answer?.rooms?.[i])),
        (error) => part.forEach((request) => request.fail(error)),
      );
    }
  }
}

/**
 * In as few frames as the server's limits allow.
 * @param {EnterRequest[]} requests
 * @param {number} limit bytes
 */
function split(requests, limit) {
  /** @type {EnterRequest[][]} */
  const parts = [];
  let room = 0;
  for (const request of requests) {
    const size = new TextEncoder().encode(JSON.stringify(request.body)).length + 1;
    const part = parts.at(-1);
    if (part && size <= room && part.length < ENTER_ROOMS) part.push(request);
    else {
      parts.push([request]);
      room = limit;
    }
    room -= size;
  }
  return parts;
}
