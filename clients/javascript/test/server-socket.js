/** A WebSocket to a server that answers by a function, and grants every session. */
export class ServerSocket {
  /** What a command results in. @type {(command: string, payload: any) => unknown} */
  static answer = () => true;

  /** In the order in which they were made. @type {ServerSocket[]} */
  static all = [];

  /** Whether a connection succeeds; until it is true, it neither does nor fails. */
  static reachable = true;

  readyState = 0;
  /** @type {((event: any) => unknown) | null} */
  onopen = null;
  /** @type {((event: any) => unknown) | null} */
  onmessage = null;
  /** @type {((event: any) => unknown) | null} */
  onclose = null;
  /** @type {((event: any) => unknown) | null} */
  onerror = null;

  constructor() {
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
    const session = { connectionId: "conn-9", resumed: false, token: "secret" };
    const result = command === "mesh/session" ? session : ServerSocket.answer(command, payload);
    if (result === undefined) return;
    queueMicrotask(() => this.onmessage?.({ data: JSON.stringify({ id, command, payload: result }) }));
  }

  /** @param {number} [code] */
  close(code = 1006) {
    if (this.readyState === 3) return;
    this.readyState = 3;
    queueMicrotask(() => this.onclose?.({ code, reason: "" }));
  }
}
