import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { openStore } from "#store/open-store.ts";
import { agentCaller, claimAndFinish } from "./claim-loop.ts";
import type { ClaimResult } from "./claim-result.ts";
import { benchFolder, sqliteFixture } from "./fixture/sqlite-fixture.ts";
import { postgresFixture } from "./fixture/postgres-fixture.ts";
import { median } from "./median.ts";
import { compiledPrograms } from "./start.ts";

const ROUNDS = 7;
const READS = 3_000;
const CLAIMS = 300;
/** Requests at a time. */
const ABREAST = 16;
const READERS = 200;

/** Reads against a bare server, claims against the store itself, and what readers of changes take of memory. */
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
    const results: ClaimResult[] = [];
    for (const path of ["/api/v1/items/OB-1", "/api/v1/next"])
      results.push(await reads(server, path, home, env));
    results.push(await readers(server));
    results.push(await claims("SQLite", place, server.url));
    const onServer = await postgresFixture({ items: 100_000, variant: "one" });
    await using second = await serve(onServer);
    results.push(await claims("PostgreSQL", onServer, second.url));
    return results;
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

async function reads(
  server: Started,
  path: string,
  home: string,
  env: Readonly<Record<string, string>>,
): Promise<ClaimResult> {
  const bytes = join(home, "answer.json");
  writeFileSync(bytes, await (await fetch(`${server.url}${path}`)).text());
  await using bare = await started(
    [process.execPath, join(import.meta.dir, "bare-hono-program.ts"), bytes],
    env,
  );
  const ours: number[] = [];
  const theirs: number[] = [];
  const [spentBefore, bareBefore] = [cpuSeconds(server.pid), cpuSeconds(bare.pid)];
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(await rate(READS, () => drained(`${server.url}${path}`)));
    theirs.push(await rate(READS, () => drained(`${bare.url}${path}`)));
  }
  const cpu = (cpuSeconds(server.pid) - spentBefore) / (cpuSeconds(bare.pid) - bareBefore);
  return {
    claim: `reads of \`GET ${path}\`, ${ABREAST} at a time`,
    measured: `${median(ours).toFixed(0)}/s`,
    against: `${median(theirs).toFixed(0)}/s of a bare Hono server with the same bytes; ${cpu.toFixed(1)} times its processor time`,
    ratio: median(ours) / median(theirs),
    limit: { atLeast: 0.5 },
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

const Claimed = z.object({ lease: z.object({ id: z.string() }) });

/** Claim and finish, through HTTP and in the store, in turns. */
async function claims(name: string, place: string, url: string): Promise<ClaimResult> {
  const store = await openStore({ place, poolSize: ABREAST });
  const post = async (path: string, body: object): Promise<unknown> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    const answer: unknown = await response.json();
    return answer;
  };
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(
      await rate(CLAIMS, async () => {
        const { lease } = Claimed.parse(await post("/claims", {}));
        await post("/lease/finish", { lease: lease.id, outcome: "changed" });
      }),
    );
    theirs.push(await rate(CLAIMS, () => claimAndFinish(store, agentCaller, 1)));
  }
  await store.close();
  return {
    claim: `claim and finish, ${ABREAST} at a time, ${name}`,
    measured: `${median(ours).toFixed(0)}/s`,
    against: `${median(theirs).toFixed(0)}/s of the store's own calls`,
    ratio: median(ours) / median(theirs),
    limit: { atLeast: 0.75 },
  };
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
