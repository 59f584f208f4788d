import { createConnection, createServer, type AddressInfo, type Socket } from "node:net";

/** A loopback port in front of a server's socket that can go silent, be cut, or lead elsewhere. */
export interface TcpProxy {
  readonly port: number;
  /** From now on nothing is passed on, in either direction, on connections old and new; none is closed. */
  readonly silence: () => void;
  /** Passes on again what new connections say; those that were silenced stay so. */
  readonly revive: () => void;
  /** Leads new connections to another server, and cuts the old ones. */
  readonly leadTo: (socketPath: string) => void;
  readonly close: () => Promise<void>;
}

/** @param socketPath Unix socket of the server behind */
export async function startProxy(socketPath: string): Promise<TcpProxy> {
  let target = socketPath;
  let isSilent = false;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const behind = createConnection(target);
    for (const [from, to] of [
      [client, behind],
      [behind, client],
    ] as const) {
      open.add(from);
      from.on("data", (chunk) => (isSilent ? from.pause() : to.write(chunk)));
      from.on("error", () => to.destroy());
      from.on("close", () => {
        open.delete(from);
        if (!isSilent) to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: portOf(server.address()),
    silence: () => {
      isSilent = true;
    },
    revive: () => {
      isSilent = false;
    },
    leadTo: (path) => {
      target = path;
      cut();
    },
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("the server listens on no port");
  return address.port;
}
