import { Network, webSocketOn } from "./network.js";

// All frames of the playground are one browser's. This makes each a browser of its own: with the storage that its tab has been
// given, and a network that the tab can break. The page and its client know nothing of it.
const { tab } = window.frameElement;
const network = new Network(tab.online);

for (const [name, value] of Object.entries({
  localStorage: tab.localStorage,
  sessionStorage: tab.sessionStorage,
  WebSocket: webSocketOn(network),
})) {
  Object.defineProperty(window, name, { value });
}

tab.loaded(network);
