// Answers what a file holds for each path: what any server on the same parts must spend. Prints its address.
import { readFileSync } from "node:fs";
import { Hono } from "hono";

const answers = new Map(JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as [string, string][]);
const app = new Hono();
app.get("*", (c) => {
  const headers = { "Content-Type": "application/json" };
  return new Response(answers.get(c.req.path) ?? "", { headers });
});
const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: app.fetch });
console.log(JSON.stringify({ url: server.url.origin }));
