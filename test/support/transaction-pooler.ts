import { createConnection, createServer, type Socket } from "node:net";
import { portOf } from "./tcp-proxy.ts";

/**
 * A pooler in transaction mode: a client has a server connection from its first message to the end of the transaction, then another
 * client has it. Session settings and named statements are refused or lost, as they are behind PgBouncer.
 */
export interface TransactionPooler {
  readonly port: number;
  /** Server connections that more than one client was given. */
  readonly shared: () => number;
  readonly close: () => Promise<void>;
}

const KNOWN_PARAMETERS = new Set(["user", "database", "client_encoding", "application_name"]);
const HEADER_BYTES = 5;
const IDLE = "I".charCodeAt(0);

interface Backend {
  readonly socket: Socket;
  readonly greeting: readonly Buffer[];
  readonly clients: Set<Client>;
  client: Client | undefined;
}

interface Client {
  readonly socket: Socket;
  backend: Backend | undefined;
  readonly waiting: Buffer[];
}

/** @param socketPath Unix socket of the server @param size server connections at most */
export async function startPooler(socketPath: string, size: number): Promise<TransactionPooler> {
  const startup = startupMessage({ user: "postgres", database: "postgres", application_name: "pooler" });
  const backends = await Promise.all(Array.from({ length: size }, () => connectBackend(socketPath, startup)));
  const free = [...backends];
  const queue: Client[] = [];
  const sockets = new Set<Socket>(backends.map(({ socket }) => socket));

  const serve = () => {
    while (queue.length > 0 && free.length > 0) {
      const [client, backend] = [queue.shift(), free.shift()];
      if (client === undefined || backend === undefined) return;
      client.backend = backend;
      backend.client = client;
      backend.clients.add(client);
      for (const message of client.waiting.splice(0)) backend.socket.write(message);
    }
  };
  for (const backend of backends)
    onMessages(backend.socket, (message) => {
      backend.client?.socket.write(message);
      if (message[0] !== "Z".charCodeAt(0) || message[HEADER_BYTES] !== IDLE) return;
      if (backend.client !== undefined) backend.client.backend = undefined;
      backend.client = undefined;
      free.push(backend);
      serve();
    });

  const server = createServer((socket) => {
    sockets.add(socket);
    const client: Client = { socket, backend: undefined, waiting: [] };
    socket.on("error", () => {});
    greet(socket, backends[0]?.greeting ?? [], (message) => {
      if (message[0] === "X".charCodeAt(0)) return socket.end();
      if (client.backend !== undefined) return client.backend.socket.write(message);
      client.waiting.push(message);
      if (!queue.includes(client)) queue.push(client);
      return serve();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: portOf(server.address()),
    shared: () => backends.filter(({ clients }) => clients.size > 1).length,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function connectBackend(socketPath: string, startup: Buffer): Promise<Backend> {
  const socket = createConnection(socketPath);
  const greeting: Buffer[] = [];
  socket.write(startup);
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    const stop = onMessages(socket, (message) => {
      greeting.push(message);
      if (message[0] !== "Z".charCodeAt(0)) return;
      stop();
      resolve({ socket, greeting, clients: new Set(), client: undefined });
    });
  });
}

/** Answers a client's start as the server answered ours, or refuses what it asks of a session. */
function greet(socket: Socket, greeting: readonly Buffer[], onMessage: (message: Buffer) => unknown): void {
  socket.once("data", (start: Buffer) => {
    const names = start
      .subarray(8)
      .toString()
      .split("\0")
      .filter((_, at) => at % 2 === 0);
    const unknown = names.find((name) => name !== "" && !KNOWN_PARAMETERS.has(name));
    if (unknown !== undefined) return socket.end(refusalOf(`unsupported startup parameter: ${unknown}`));
    for (const message of greeting) socket.write(message);
    return onMessages(socket, onMessage);
  });
}

function refusalOf(text: string): Buffer {
  return frame("E", Buffer.from(`SFATAL\0VFATAL\0C08P01\0M${text}\0\0`));
}

function startupMessage(parameters: Readonly<Record<string, string>>): Buffer {
  const words = Object.entries(parameters).flatMap(([name, value]) => [name, value]);
  const body = Buffer.concat([Buffer.from([0, 3, 0, 0]), Buffer.from(`${words.join("\0")}\0\0`)]);
  return frame("", body);
}

function frame(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
}

/** Calls back with whole messages: a type, a length, a body. Answers what stops it. */
function onMessages(socket: Socket, callback: (message: Buffer) => unknown): () => void {
  let rest: Buffer = Buffer.alloc(0);
  const take = (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= HEADER_BYTES) {
      const size = rest.readInt32BE(1) + 1;
      if (rest.length < size) return;
      const message = rest.subarray(0, size);
      rest = rest.subarray(size);
      callback(message);
    }
  };
  socket.on("data", take);
  return () => socket.off("data", take);
}
