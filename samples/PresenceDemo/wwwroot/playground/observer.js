/**
 * Listens to a room as a plain client does: no session, not a member, only the frames of protocol.md, section 7.
 *
 * @param {string} url
 * @param {string} roomName
 * @param {object} listener
 * @param {(connectionIds: string[]) => void} listener.connected who is in the room already
 * @param {(update: object) => void} listener.change a `mesh/presence-update`
 * @param {() => void} listener.lost what happens from now on is not heard, until connected again
 */
export function observe(url, roomName, listener) {
  const connection = new WebSocket(url);
  let heard = false;
  let lastId = 0;
  const send = (command, payload) => connection.send(JSON.stringify({ id: ++lastId, command, payload }));

  connection.addEventListener("open", () => send("mesh/subscribe-presence", { roomName }));

  connection.addEventListener("message", ({ data }) => {
    const { command, payload } = JSON.parse(data);
    if (command === "ping") {
      send("pong", {});
    } else if (command === "latency:request") {
      send("latency:response", {});
    } else if (command === "mesh/subscribe-presence") {
      heard = true;
      listener.connected(payload.present.map(({ id }) => id));
    } else if (command === "mesh/presence-update") {
      listener.change(payload);
    }
  });

  connection.addEventListener("close", () => {
    if (heard) {
      listener.lost();
    }
    setTimeout(() => observe(url, roomName, listener), 1000);
  });
}
