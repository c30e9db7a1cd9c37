// Before browser.js puts another one in its place.
const RealWebSocket = window.WebSocket;

/**
 * The network as one tab has it. It can be cut (the connection breaks, and the next one may be opened at once) or be
 * offline (it breaks, and none can be opened until it is back).
 */
export class Network extends EventTarget {
  #online;

  /** @param {boolean} online */
  constructor(online) {
    super();
    this.#online = online;
  }

  get online() {
    return this.#online;
  }

  cut() {
    this.dispatchEvent(new Event("cut"));
  }

  goOffline() {
    this.#online = false;
    this.cut();
  }

  goOnline() {
    this.#online = true;
    // What a browser tells its pages.
    window.dispatchEvent(new Event("online"));
  }
}

/**
 * A WebSocket class that lives on the given network. The client sees what a WebSocket shows when the network breaks: code
 * 1006 and no farewell.
 *
 * @param {Network} network
 */
export function webSocketOn(network) {
  return class NetworkWebSocket extends EventTarget {
    static CONNECTING = 0;
    static OPEN = 1;
    static CLOSING = 2;
    static CLOSED = 3;

    onopen = null;
    onmessage = null;
    onerror = null;
    onclose = null;

    #real = null;
    #broken = false;
    #life = new AbortController();

    constructor(url, protocols) {
      super();
      for (const type of ["open", "message", "error", "close"]) {
        this.addEventListener(type, (event) => this[`on${type}`]?.(event));
      }
      if (network.online) {
        this.#connect(url, protocols);
      } else {
        // A task later, as a real one fails: whoever made this has its listeners on by then.
        setTimeout(() => this.#break());
      }
    }

    get readyState() {
      if (this.#broken) {
        return NetworkWebSocket.CLOSED;
      }
      return this.#real?.readyState ?? NetworkWebSocket.CONNECTING;
    }

    get bufferedAmount() {
      return this.#real?.bufferedAmount ?? 0;
    }

    send(data) {
      if (!this.#broken) {
        this.#real?.send(data);
      }
    }

    close(code, reason) {
      if (!this.#broken) {
        this.#real?.close(code, reason);
      }
    }

    #connect(url, protocols) {
      const { signal } = this.#life;
      this.#real = new RealWebSocket(url, protocols);
      this.#real.addEventListener("open", () => this.dispatchEvent(new Event("open")), { signal });
      this.#real.addEventListener("error", () => this.dispatchEvent(new Event("error")), { signal });
      this.#real.addEventListener("message", ({ data }) => this.dispatchEvent(new MessageEvent("message", { data })), { signal });
      this.#real.addEventListener("close", ({ code, reason, wasClean }) => this.#end({ code, reason, wasClean }), { signal });
      network.addEventListener("cut", () => this.#cut(), { signal });
    }

    #cut() {
      if (this.#real.readyState === RealWebSocket.OPEN) {
        // A page cannot break its connection without a close frame; but the server ends one that sends binary,
        // and an end by the server is a drop too (protocol.md, sections 2 and 8).
        this.#real.send(new Uint8Array(1));
      } else {
        this.#real.close();
      }
      this.#break();
    }

    #break() {
      this.#broken = true;
      this.dispatchEvent(new Event("error"));
      this.#end({ code: 1006, reason: "", wasClean: false });
    }

    #end(how) {
      this.#broken = true;
      this.#life.abort();
      this.dispatchEvent(new CloseEvent("close", how));
    }
  };
}
