import { startPostgres } from "./postgres.ts";

/** A server in a process of its own, so that it can live in a network namespace. Prints its address; ends with its input. */
const server = await startPostgres("", process.argv.slice(2));
console.log(server.url);
await Bun.stdin.bytes();
await server.stop();
