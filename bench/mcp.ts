import type { Caller } from "#domain/caller.ts";
import type { Store } from "#operations/ports/store.ts";
import { openStore } from "#store/open-store.ts";
import type { ClaimResult } from "./claim-result.ts";
import { type AgentServer, httpServer, INITIALIZE, lineServer } from "./agent-server.ts";
import { benchFolder, sqliteFixture } from "./fixture/sqlite-fixture.ts";
import { median } from "./median.ts";
import { sessionMemory } from "./session-memory.ts";
import { compiledPrograms } from "./start.ts";

const ROUNDS = 41;
const CALLS = 200;

const CALLER: Caller = {
  actor: { kind: "ai", name: "bench" },
  auth: "asserted",
  authority: "agent",
  interface: "bench",
  host: "bench",
};

/** From the start of the process until its handshake is answered; and calls, against what each asks of the store. */
export const mcp = {
  title: "An agent's server",
  run: async (): Promise<readonly ClaimResult[]> => {
    const home = benchFolder();
    const env = { HOME: home, PATH: process.env["PATH"] ?? "", USER: "ada" };
    const { sluice, empty } = await compiledPrograms(home);
    const place = await sqliteFixture({ items: 10_000, variant: "one" });
    const serve = [sluice, "serve", "--port", "0", "--json", "--rate", "0", "--workspace", place];
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
      ...(await overLines([sluice, "mcp", "--as", "ai:bench", "--workspace", place], env, place)),
      ...(await overHttp(serve, env, place)),
      ...(await sessionMemory(serve, env)),
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

async function overLines(command: readonly string[], env: Env, place: string) {
  await using server = await lineServer(command, env);
  return await calls(server, place);
}

async function overHttp(command: readonly string[], env: Env, place: string) {
  await using server = await httpServer(command, env);
  return await calls(server, place);
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

/** Median of a tool's call and of the store's, in turns. The client's own work is not measured. */
async function calls(
  { ask, nothing, way, atMost }: AgentServer,
  place: string,
): Promise<readonly ClaimResult[]> {
  const store = await openStore({ place });
  const pings: number[] = [];
  for (let call = 0; call < CALLS; call += 1) pings.push(await timed(() => ask(nothing, {})));
  const pipe = `a call that asks for nothing takes ${median(pings).toFixed(2)} ms`;
  const results: ClaimResult[] = [];
  for (const { tool, input, direct } of MEASURED) {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let call = 0; call < CALLS; call += 1) {
      ours.push(await timed(() => ask("tools/call", { name: tool, arguments: input })));
      theirs.push(await timed(() => direct(store)));
    }
    results.push({
      claim: `the tool \`${tool}\`${way}`,
      measured: `${median(ours).toFixed(2)} ms`,
      against: `${median(theirs).toFixed(2)} ms for the store's call; ${pipe}`,
      ratio: median(ours) / median(theirs),
      ...(atMost === undefined ? {} : { limit: { atMost } }),
    });
  }
  await store.close();
  return results;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
