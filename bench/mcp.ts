import type { Caller } from "#domain/caller.ts";
import type { Store } from "#operations/ports/store.ts";
import { openStore } from "#store/open-store.ts";
import { z } from "zod";
import type { ClaimResult } from "./claim-result.ts";
import { benchFolder, sqliteFixture } from "./fixture/sqlite-fixture.ts";
import { median } from "./median.ts";
import { compiledPrograms } from "./start.ts";

const ROUNDS = 41;
const CALLS = 200;

const CALLER: Caller = {
  actor: { kind: "ai", name: "bench" },
  auth: "asserted",
  authority: "agent",
  door: "bench",
  host: "bench",
};

const INITIALIZE = `${JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "bench", version: "1" },
  },
})}\n`;

/** From the start of the process until its handshake is answered; and calls, against what each asks of the store. */
export const mcp = {
  title: "An agent's server",
  run: async (): Promise<readonly ClaimResult[]> => {
    const home = benchFolder();
    const env = { HOME: home, PATH: process.env["PATH"] ?? "", USER: "ada" };
    const { sluice, empty } = await compiledPrograms(home);
    const place = await sqliteFixture({ items: 10_000, variant: "one" });
    const none: number[] = [];
    const ready: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      none.push(await endOf(empty, env));
      ready.push(await readyAfter([sluice, "mcp", "--workspace", place], env));
    }
    return [
      {
        claim: "`sluice mcp` answers its client's handshake",
        measured: `${median(ready).toFixed(1)} ms`,
        against: `${median(none).toFixed(1)} ms for an empty compiled program`,
        ratio: median(ready) / median(none),
        limit: { atMost: 2.5 },
      },
      ...(await calls([sluice, "mcp", "--as", "ai:bench", "--workspace", place], env, place)),
    ];
  },
};

type Env = Readonly<Record<string, string>>;

async function endOf(program: string, env: Env): Promise<number> {
  const begun = performance.now();
  await Bun.spawn([program], { env, stdin: "ignore", stdout: "ignore" }).exited;
  return performance.now() - begun;
}

async function readyAfter(command: readonly string[], env: Env): Promise<number> {
  const begun = performance.now();
  const child = Bun.spawn([...command], { env, stdin: "pipe", stdout: "pipe", stderr: "ignore" });
  void child.stdin.write(INITIALIZE);
  void child.stdin.flush();
  const { value } = await child.stdout.getReader().read();
  const ms = performance.now() - begun;
  if (value === undefined) throw new Error("The server ended without an answer");
  await child.stdin.end();
  await child.exited;
  return ms;
}

interface Measured {
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly direct: (store: Store) => Promise<unknown>;
}

const MEASURED: readonly Measured[] = [
  { tool: "next", input: {}, direct: (store) => store.claims.peek({ filter: {} }) },
  {
    tool: "note",
    input: { ref: "OB-1", text: "Read in two places" },
    direct: (store) => store.items.note({ by: CALLER, id: 1, body: "Read in two places" }),
  },
  {
    tool: "plan_set",
    input: { ref: "OB-1", body: "1. Read it" },
    direct: (store) => store.items.setPlan({ by: CALLER, id: 1, body: "1. Read it" }),
  },
];

/** Median of a tool's call and of the store's, in turns. The client writes a line and reads one: its own work is not measured. */
async function calls(command: readonly string[], env: Env, place: string): Promise<ClaimResult[]> {
  await using server = await openServer(command, env);
  const store = await openStore({ place });
  const pings: number[] = [];
  for (let call = 0; call < CALLS; call += 1) pings.push(await timed(() => server.ask("ping", {})));
  const pipe = `a call that asks for nothing takes ${median(pings).toFixed(2)} ms`;
  const results: ClaimResult[] = [];
  for (const { tool, input, direct } of MEASURED) {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let call = 0; call < CALLS; call += 1) {
      ours.push(await timed(() => server.ask("tools/call", { name: tool, arguments: input })));
      theirs.push(await timed(() => direct(store)));
    }
    results.push({
      claim: `the tool \`${tool}\``,
      measured: `${median(ours).toFixed(2)} ms`,
      against: `${median(theirs).toFixed(2)} ms for the store's call; ${pipe}`,
      ratio: median(ours) / median(theirs),
      limit: { atMost: 2 },
    });
  }
  await store.close();
  return results;
}

const Answer = z.object({ result: z.object({ isError: z.literal(false).optional() }) });

/** A server after its handshake. */
async function openServer(command: readonly string[], env: Env) {
  const child = Bun.spawn([...command], { env, stdin: "pipe", stdout: "pipe", stderr: "ignore" });
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  const send = (text: string) => {
    void child.stdin.write(text);
    void child.stdin.flush();
  };
  const line = async () => {
    let text = "";
    while (!text.endsWith("\n")) {
      const { done, value } = await reader.read();
      if (done) throw new Error("The server ended without an answer");
      text += decoder.decode(value, { stream: true });
    }
    return text;
  };
  send(INITIALIZE);
  await line();
  send(`${JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" })}\n`);
  return {
    ask: async (method: string, params: object) => {
      send(`${JSON.stringify({ jsonrpc: "2.0", id: 2, method, params })}\n`);
      Answer.parse(JSON.parse(await line()));
    },
    [Symbol.asyncDispose]: async () => {
      await child.stdin.end();
      await child.exited;
    },
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
