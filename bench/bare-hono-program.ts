// Answers the bytes of a file to every request: what any server on the same parts must spend. Prints its address.
import { readFileSync } from "node:fs";
import { Hono } from "hono";

const bytes = readFileSync(process.argv[2] ?? "");
const app = new Hono();
app.get("*", () => new Response(bytes, { headers: { "Content-Type": "application/json" } }));
const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: app.fetch });
console.log(JSON.stringify({ url: server.url.origin }));
