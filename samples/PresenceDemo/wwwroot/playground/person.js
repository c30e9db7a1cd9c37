import { SimulatedTab } from "./simulated-tab.js";
import { MemoryStorage } from "./storage.js";

/** A user, and the tabs open on their devices. */
export class Person {
  // One for all devices, as an application would give it to whoever has signed in. By it the server knows the laptop and
  // the phone as one person's, so that they may take over each other's state.
  clientKey = secret();

  #setting;
  #element;
  #open = 0;

  /**
   * @param {object} setting
   * @param {string} setting.id
   * @param {string} setting.name
   * @param {Device[]} setting.devices a new tab opens on the first of them
   * @param {string} setting.room
   * @param {string} setting.url the server's address
   * @param {(text: string) => void} setting.note tells the log
   * @param {(connectionId: string, name: string) => void} setting.connected
   */
  constructor(setting) {
    this.#setting = setting;
    this.id = setting.id;
    this.name = setting.name;

    this.#element = document.getElementById("person").content.firstElementChild.cloneNode(true);
    this.#element.dataset.user = this.id;
    this.#find(".initial").textContent = this.name[0];
    this.#find("h2").textContent = this.name;
    this.#find("button").addEventListener("click", () => {
      const tab = this.openTab(setting.devices[0]);
      setting.note(`${tab.name}: you opened it`);
    });
    this.#count(0);
  }

  get element() {
    return this.#element;
  }

  /** @param {Device} device */
  openTab(device) {
    const { room, url, note, connected } = this.#setting;
    device.opened++;
    const tab = new SimulatedTab({
      user: this,
      label: device.opened === 1 ? device.name : `${device.name} tab ${device.opened}`,
      room,
      url,
      online: device.online,
      localStorage: device.localStorage,
      sessionStorage: new MemoryStorage(),
      note,
      connected: (connectionId) => connected(connectionId, tab.name),
      closed: () => this.#count(-1),
    });
    this.#find(".tabs").append(tab.element);
    this.#count(+1);
    return tab;
  }

  #count(change) {
    this.#open += change;
    this.#element.style.setProperty("--count", Math.max(this.#open, 1));
    this.#find("p").textContent = `${this.#open} ${this.#open === 1 ? "tab" : "tabs"} open`;
  }

  #find(selector) {
    return this.#element.querySelector(selector);
  }
}

/** What tabs of one browser share. */
export class Device {
  localStorage = new MemoryStorage();
  opened = 0;

  /**
   * @param {string} name
   * @param {boolean} [online]
   */
  constructor(name, online = true) {
    this.name = name;
    this.online = online;
  }
}

/** Not to be guessed, also on a page without HTTPS, where there is no randomUUID. */
function secret() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
