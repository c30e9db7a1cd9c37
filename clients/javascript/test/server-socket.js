/** A WebSocket to a server that answers by functions, and grants every session. */
export class ServerSocket {
  /** What a command results in; undefined: no answer. @type {(command: string, payload: any, socket: ServerSocket) => unknown} */
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

  /** What came, `mesh/session` included. @type {{ command: string, payload: any }[]} */
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
    this.received.push({ command, payload });
    const result = command === "mesh/session" ? this.#session(payload) : ServerSocket.answer(command, payload, this);
    if (result !== undefined) this.push({ id, command, payload: result });
  }

  /** @param {object} frame */
  push(frame) {
    queueMicrotask(() => this.onmessage?.({ data: JSON.stringify(frame) }));
  }

  /** @param {number} [code] */
  close(code = 1006) {
    if (this.readyState === 3) return;
    this.readyState = 3;
    queueMicrotask(() => this.onclose?.({ code, reason: "" }));
  }

  /** @param {any} payload */
  #session(payload) {
    const special = ServerSocket.session(payload);
    return special && { connectionId: "conn-9", resumed: false, token: "secret", ...special };
  }
}
