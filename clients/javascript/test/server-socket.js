/** A WebSocket to a server that answers by functions, and grants every session. */
export class ServerSocket {
  /** What a command results in; undefined: no answer. @type {(command: string, payload: any) => unknown} */
  static answer = () => true;

  /** What is special about the answer to `mesh/session`; undefined: no answer. @type {(payload: any) => object | undefined} */
  static session = () => ({});

  /** In the order in which they were made. @type {ServerSocket[]} */
  static all = [];

  /** Whether a connection succeeds; until it is true, it neither does nor fails. */
  static reachable = true;

  static reset() {
    ServerSocket.answer = () => true;
    ServerSocket.session = () => ({});
    ServerSocket.all = [];
    ServerSocket.reachable = true;
  }

  /** What came, `mesh/session` included. @type {{ id: number, command: string, payload: any }[]} */
  received = [];

  readyState = 0;
  /** @type {((event: any) => unknown) | null} */
  onopen = null;
  /** @type {((event: any) => unknown) | null} */
  onmessage = null;
  /** @type {((event: any) => unknown) | null} */
  onclose = null;
  /** @type {((event: any) => unknown) | null} */
  onerror = null;

  /** @param {string} url */
  constructor(url) {
    this.url = url;
    ServerSocket.all.push(this);
    if (!ServerSocket.reachable) return;
    queueMicrotask(() => {
      this.readyState = 1;
      this.onopen?.({});
    });
  }

  /** @param {string} text */
  send(text) {
    const { id, command, payload } = JSON.parse(text);
    this.received.push({ id, command, payload });
    const result = command === "mesh/session" ? sessionOf(ServerSocket.session(payload)) : ServerSocket.answer(command, payload);
    if (result !== undefined) this.push({ id, command, payload: result });
  }

  /**
   * @param {object} frame
   * @param {boolean} [now] while the caller waits
   */
  push(frame, now = false) {
    const arrive = () => this.onmessage?.({ data: JSON.stringify(frame) });
    if (now) arrive();
    else queueMicrotask(arrive);
  }

  /** @param {number} [code] */
  close(code = 1006) {
    if (this.readyState === 3) return;
    this.readyState = 3;
    queueMicrotask(() => this.onclose?.({ code, reason: "" }));
  }

  /**
   * Answers `mesh/session`, later.
   * @param {object} special
   * @param {boolean} [now]
   */
  grant(special, now) {
    this.push({ id: this.received[0].id, command: "mesh/session", payload: sessionOf(special) }, now);
  }
}

/** @param {object | undefined} special */
function sessionOf(special) {
  return special && { connectionId: "conn-9", resumed: false, token: "secret", ...special };
}
