import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { ClaimResult } from "./claim-result.ts";
import { benchFolder, sqliteFixture } from "./fixture/sqlite-fixture.ts";
import { median } from "./median.ts";
import { compiledPrograms } from "./start.ts";

const ROUNDS = 7;
const READS = 3_000;
/** Different items that are read: more than any answer kept in memory would help with. */
const ITEMS = 1_500;
/** Requests at a time. */
const ABREAST = 16;
const READERS = 200;

/** Reads against a bare server on the same parts, and what readers of changes take of memory. Writes: see the loop of an agent. */
export const http = {
  title: "The HTTP server",
  run: async (): Promise<readonly ClaimResult[]> => {
    const home = benchFolder();
    const { sluice } = await compiledPrograms(home);
    const env = { HOME: home, PATH: process.env["PATH"] ?? "", USER: "ada" };
    const serve = (place: string) =>
      started([sluice, "serve", "--port", "0", "--rate", "0", "--json", "--workspace", place], env);
    const place = await sqliteFixture({ items: 100_000, variant: "one" });
    await using server = await serve(place);
    const items = Array.from({ length: ITEMS }, (_, at) => `/api/v1/items/OB-${at + 1}`);
    return [
      await reads(server, { what: `${ITEMS.toLocaleString("en")} different items`, paths: items }, home, env),
      await reads(server, { what: "`GET /api/v1/next`", paths: ["/api/v1/next"] }, home, env),
      await readers(server),
    ];
  },
};

interface Started extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
}

const Told = z.object({ url: z.string() });

async function started(command: readonly string[], env: Readonly<Record<string, string>>): Promise<Started> {
  const child = Bun.spawn([...command], { env, stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  const { value } = await child.stdout.getReader().read();
  const { url } = Told.parse(JSON.parse(new TextDecoder().decode(value)));
  return {
    url,
    pid: child.pid,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

interface Asked {
  readonly what: string;
  readonly paths: readonly string[];
}

/** A bare Hono server has the bytes of every answer in memory. */
async function reads(
  server: Started,
  { what, paths }: Asked,
  home: string,
  env: Readonly<Record<string, string>>,
): Promise<ClaimResult> {
  const answers = new Map<string, string>();
  for (const path of paths) answers.set(path, await (await fetch(`${server.url}${path}`)).text());
  const file = join(home, "answers.json");
  writeFileSync(file, JSON.stringify([...answers]));
  const program = join(import.meta.dir, "baseline", "bare-hono-program.ts");
  await using bare = await started([process.execPath, program, file], env);
  const ours: number[] = [];
  const theirs: number[] = [];
  const [spentBefore, bareBefore] = [cpuSeconds(server.pid), cpuSeconds(bare.pid)];
  const each = (url: string) => {
    let asked = 0;
    return () => drained(`${url}${paths[asked++ % paths.length]}`);
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(await rate(READS, each(server.url)));
    theirs.push(await rate(READS, each(bare.url)));
  }
  const cpu = (cpuSeconds(server.pid) - spentBefore) / (cpuSeconds(bare.pid) - bareBefore);
  return {
    claim: `reads of ${what}, ${ABREAST} at a time`,
    measured: `${median(ours).toFixed(0)}/s`,
    against: `${median(theirs).toFixed(0)}/s of a bare Hono server with the same bytes in memory; ${cpu.toFixed(1)} times its processor time`,
    ratio: median(ours) / median(theirs),
  };
}

/** How many of a call are done in a second. */
async function rate(times: number, call: () => Promise<void>): Promise<number> {
  let left = times;
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: ABREAST }, async () => {
      while (left-- > 0) await call();
    }),
  );
  return times / ((performance.now() - begun) / 1_000);
}

async function drained(url: string): Promise<void> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  await response.arrayBuffer();
}

/** Memory that idle readers of changes take. */
async function readers(server: Started): Promise<ClaimResult> {
  const idle = residentMiB(server.pid);
  const gone = new AbortController();
  const streams = await Promise.all(
    Array.from({ length: READERS }, () => fetch(`${server.url}/api/v1/events`, { signal: gone.signal })),
  );
  for (const stream of streams) await stream.body?.getReader().read();
  const busy = residentMiB(server.pid);
  gone.abort();
  const grown = Math.max(0, busy - idle);
  return {
    claim: `${READERS} idle readers of changes`,
    measured: `${grown.toFixed(1)} MiB over idle`,
    against: "60 MiB",
    ratio: grown / 60,
    limit: { atMost: 1 },
  };
}

function residentMiB(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib ?? 0) / 1_024;
}

/** User and system time so far; the kernel counts it in hundredths. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
