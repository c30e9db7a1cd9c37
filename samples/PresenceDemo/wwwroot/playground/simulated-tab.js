/**
 * One tab of the playground: a frame with a page of its own (tab.html), and around it what can happen to a tab. Reloading and
 * closing are real: the browser unloads the page, and closes its connection as it always does (code 1001).
 *
 * The page finds this object as `frameElement.tab`, and in it what outlives a page: its storage, and who sits in front of it.
 */
export class SimulatedTab {
  #setting;
  #card;
  #frame;
  #network = null;
  #connectionId = null;

  /**
   * @param {object} setting
   * @param {{ id: string, name: string, clientKey: string }} setting.user
   * @param {string} setting.label as in "laptop tab 2"
   * @param {string} setting.room
   * @param {string} setting.url the server's address
   * @param {boolean} setting.online
   * @param {Storage} setting.localStorage shared by the tabs of one device
   * @param {Storage} setting.sessionStorage the tab's own
   * @param {(text: string) => void} setting.note tells the log
   * @param {(connectionId: string) => void} setting.connected
   * @param {() => void} setting.closed
   */
  constructor(setting) {
    this.#setting = setting;
    this.online = setting.online;

    this.#card = document.getElementById("tab").content.firstElementChild.cloneNode(true);
    this.#card.querySelector("h3").textContent = setting.label;
    this.#button("drop").addEventListener("click", () => this.#drop());
    this.#button("reload").addEventListener("click", () => this.#reload());
    this.#button("offline").addEventListener("click", () => (this.online ? this.#goOffline() : this.#goOnline()));
    this.#button("close").addEventListener("click", () => this.#close());

    this.#frame = this.#card.querySelector("iframe");
    this.#frame.title = `${this.name}: the page`;
    this.#frame.tab = this;
    this.#load();
  }

  get element() {
    return this.#card;
  }

  get name() {
    return `${this.#setting.user.name}’s ${this.#setting.label}`;
  }

  get user() {
    return this.#setting.user;
  }

  get room() {
    return this.#setting.room;
  }

  get url() {
    return this.#setting.url;
  }

  get localStorage() {
    return this.#setting.localStorage;
  }

  get sessionStorage() {
    return this.#setting.sessionStorage;
  }

  /** Told by the page: it has loaded, on this network. */
  loaded(network) {
    this.#network = network;
    this.#show(false);
  }

  /** Told by the page: its client is connected. */
  connected(connectionId) {
    const before = this.#connectionId;
    this.#connectionId = connectionId;
    this.#setting.connected(connectionId);
    this.#show(true);
    if (before === connectionId) {
      this.#setting.note(`${this.name}: back as the same connection, nothing to announce`);
    } else if (before !== null) {
      this.#setting.note(`${this.name}: back, as a new connection`);
    }
  }

  /** Told by the page: its client has lost the connection. */
  disconnected() {
    this.#show(false);
  }

  /** Told by the page: a status was chosen on it. */
  chose(status) {
    this.#setting.note(`${this.name}: you chose ${status}`);
  }

  #load() {
    this.#network = null;
    this.#show(false);
    // Also a reload: where the server was away when it began, the frame holds a page of the browser's, which cannot be told to.
    this.#frame.src = new URL("tab.html", import.meta.url);
  }

  #drop() {
    this.#setting.note(`${this.name}: you dropped the connection`);
    this.#network.cut();
  }

  #reload() {
    this.#setting.note(`${this.name}: you reloaded the page`);
    this.#load();
  }

  #goOffline() {
    this.#setting.note(`${this.name}: you took it offline`);
    this.online = false;
    this.#show(false);
    this.#network.goOffline();
  }

  #goOnline() {
    this.#setting.note(`${this.name}: you took it online`);
    this.online = true;
    this.#show(false);
    this.#network.goOnline();
  }

  #close() {
    this.#setting.note(`${this.name}: you closed it`);
    this.#card.remove();
    this.#setting.closed();
  }

  #show(connected) {
    const link = this.#card.querySelector(".link");
    link.dataset.link = !this.online ? "offline" : connected ? "connected" : "connecting";
    link.textContent = link.dataset.link;

    this.#button("drop").disabled = !connected;
    // Without a network a browser has no page to load.
    this.#button("reload").disabled = !this.online;
    this.#button("offline").disabled = this.#network === null;
    this.#button("offline").textContent = this.online ? "Go offline" : "Go online";
  }

  #button(act) {
    return this.#card.querySelector(`[data-act="${act}"]`);
  }
}
