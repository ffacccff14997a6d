/** The socket to the server, as the client of the language server wants it. */

import type { Transport } from "@codemirror/lsp-client";

/** Opens the socket beside this page; the token is in the page's own address. */
export function connect(gone: () => void): Promise<Transport> {
  const address = new URL("socket", window.location.href);
  address.protocol = "ws:";
  const socket = new WebSocket(address);
  const handlers = new Set<(message: string) => void>();
  socket.addEventListener("message", (event) => {
    for (const handler of handlers) handler(String(event.data));
  });
  socket.addEventListener("close", gone);
  return new Promise((resolve) => {
    socket.addEventListener("open", () =>
      resolve({
        send: (message) => socket.send(message),
        subscribe: (handler) => void handlers.add(handler),
        unsubscribe: (handler) => void handlers.delete(handler),
      }),
    );
  });
}
