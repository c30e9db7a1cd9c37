const KEPT = 300;

/** The log on the page: what the visitor did, and what the server announced. The newest entry is the last. */
export class Log {
  #list;

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#list = list;
  }

  /** What the visitor did, or what followed from it and nobody heard. */
  note(text) {
    this.#add("note", text);
  }

  /**
   * @param {"join" | "update" | "leave"} kind
   * @param {string} who
   * @param {string} [what]
   */
  change(kind, who, what) {
    const label = document.createElement("b");
    label.textContent = kind;
    this.#add(kind, what ? `${who}: ${what}` : who, label);
  }

  clear() {
    this.#list.replaceChildren();
  }

  #add(kind, what, label = "") {
    const list = this.#list;
    // Someone who scrolled up to read is left there.
    const following = list.scrollHeight - list.scrollTop - list.clientHeight < 8;

    const entry = document.createElement("li");
    entry.dataset.kind = kind;
    const time = document.createElement("time");
    time.textContent = new Date().toLocaleTimeString([], { hour12: false });
    const text = document.createElement("span");
    text.textContent = what;
    entry.append(time, label, text);
    list.append(entry);

    if (list.children.length > KEPT) {
      list.firstElementChild.remove();
    }
    if (following) {
      list.scrollTop = list.scrollHeight;
    }
  }
}
