import { readFileSync } from "node:fs";
import { z } from "zod";
import type { ClaimResult } from "./claim-result.ts";

const SESSIONS = 200;
/** What a machine that serves a team has to spare. */
const LIMIT_MIB = 60;
/** Until the collector has been over what the opening left. */
const SETTLE_MS = 2_000;

/** What agents cost that have a session and a stream open, and ask for nothing. Linux alone tells a process's memory like this. */
export async function sessionMemory(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<readonly ClaimResult[]> {
  if (process.platform !== "linux") return [];
  const child = Bun.spawn([...command], { env, stdin: "ignore", stdout: "pipe", stderr: "ignore" });
  const { value } = await child.stdout.getReader().read();
  const { url } = z.object({ url: z.string() }).parse(JSON.parse(new TextDecoder().decode(value)));
  const address = new URL("/mcp", url);
  const streams = [await openStream(address)];
  await Bun.sleep(SETTLE_MS);
  const before = residentMib(child.pid);
  for (let session = 0; session < SESSIONS; session += 1) streams.push(await openStream(address));
  await Bun.sleep(SETTLE_MS);
  const more = residentMib(child.pid) - before;
  for (const stream of streams) await stream.body?.cancel();
  child.kill("SIGTERM");
  await child.exited;
  return [
    {
      claim: `${SESSIONS} agents with a session and an open stream, idle: memory`,
      measured: `${more.toFixed(0)} MiB more`,
      against: `${LIMIT_MIB} MiB`,
      ratio: more / LIMIT_MIB,
      limit: { atMost: 1 },
    },
  ];
}

const HEADERS = {
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
  "sluice-actor": "ai:bench",
};

/** After a handshake and the list of tools, as agent programs begin. */
async function openStream(address: URL): Promise<Response> {
  const clientInfo = { name: "bench", version: "1" };
  const opening = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo };
  const begun = await post(address, {}, "initialize", opening);
  const session = { "mcp-session-id": begun.headers.get("mcp-session-id") ?? "" };
  await post(address, session, "tools/list", {});
  const stream = await fetch(address, { headers: { ...HEADERS, ...session } });
  if (stream.status !== 200) throw new Error(`A stream was refused with ${stream.status}`);
  return stream;
}

async function post(
  address: URL,
  more: Readonly<Record<string, string>>,
  method: string,
  params: object,
): Promise<Response> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const response = await fetch(address, { method: "POST", headers: { ...HEADERS, ...more }, body });
  await response.text();
  return response;
}

function residentMib(pid: number): number {
  const [, kib = "0"] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kib) / 1_024;
}
