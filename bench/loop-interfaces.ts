import { z } from "zod";
import { openStore } from "#store/open-store.ts";
import { lineServer } from "./agent-server.ts";
import { agentCaller } from "./claim-loop.ts";
import { lineReader } from "./line-reader.ts";

/** An item under a lease. */
export interface Held {
  readonly ref: string;
  readonly lease: string;
}

/** One agent, through one interface. */
export interface Loop {
  readonly claim: () => Promise<Held>;
  /** Note, plan, finish: a commit each. */
  readonly work: (held: Held) => Promise<void>;
  readonly close: () => Promise<void>;
}

export const NOTE = "The raw body is gone after the JSON middleware; the check must stand before it.";
export const PLAN =
  "1. Read the raw body. 2. Compare the digests in constant time. 3. Answer 401 on a mismatch.";
export const FINISHED = {
  note: "Signatures are compared before parsing; a test posts a forged one.",
  kind: "check",
  value: "npm test",
} as const;
const EVIDENCE = [{ kind: FINISHED.kind, value: FINISHED.value }];
const LEASE_MS = 15 * 60_000;

export async function throughStore(place: string): Promise<Loop> {
  const store = await openStore({ place });
  return {
    claim: async () => {
      const claim = await store.claims.next({ by: agentCaller, filter: {}, ttlMs: LEASE_MS, runner: {} });
      if (claim === undefined) throw new Error("The fixture ran out of ready items");
      await store.items.get({ id: claim.item.id });
      return { ref: String(claim.item.id), lease: claim.lease.id };
    },
    work: async ({ ref, lease }) => {
      const [by, id] = [{ ...agentCaller, lease }, Number(ref)];
      await store.items.note({ by, id, body: NOTE });
      await store.items.setPlan({ by, id, body: PLAN });
      const { note } = FINISHED;
      await store.claims.finish({ by, leaseId: lease, outcome: "changed", note, evidence: EVIDENCE });
    },
    close: () => store.close(),
  };
}

const Claimed = z.object({
  item: z.object({ ref: z.string() }),
  lease: z.object({ id: z.string() }),
  brief: z.string(),
});

function heldOf(answer: unknown): Held {
  const { item, lease } = Claimed.parse(answer);
  return { ref: item.ref, lease: lease.id };
}

type Env = Readonly<Record<string, string>>;

const envOf = (home: string): Env => ({ HOME: home, PATH: process.env["PATH"] ?? "", USER: "ada" });

/** A process for each step, as an agent types them. */
export function withCommands(sluice: string, place: string, home: string): Loop {
  const run = (words: readonly string[], env: Env = {}, stdin = "") =>
    ran([sluice, ...words, "--as", "ai:bench", "--workspace", place], { ...envOf(home), ...env }, stdin);
  return {
    claim: async () => heldOf(JSON.parse(await run(["claim", "--brief", "--json"]))),
    work: async ({ ref, lease }) => {
      const under = { SLUICE_LEASE: lease };
      await run(["note", ref, NOTE], under);
      await run(["plan", "set", ref, "--file", "-"], under, PLAN);
      const evidence = `${FINISHED.kind}=${FINISHED.value}`;
      await run(["finish", lease, "--note", FINISHED.note, "--evidence", evidence]);
    },
    close: async () => {},
  };
}

/** What a process wrote to standard output. */
export async function ran(command: readonly string[], env: Env, stdin = ""): Promise<string> {
  const child = Bun.spawn([...command], {
    env,
    stdin: new TextEncoder().encode(stdin),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [text, error, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (code !== 0) throw new Error(`${command.slice(0, 3).join(" ")} ended with ${code}: ${error}`);
  return text;
}

export async function overMcp(sluice: string, place: string, home: string): Promise<Loop> {
  const command = [sluice, "mcp", "--as", "ai:bench", "--workspace", place];
  const server = await lineServer(command, envOf(home));
  const call = (name: string, input: object) => server.ask("tools/call", { name, arguments: input });
  return {
    claim: async () => heldOf(await call("claim", {})),
    work: async ({ ref, lease }) => {
      await call("note", { ref, text: NOTE, lease });
      await call("plan_set", { ref, body: PLAN, lease });
      await call("finish", { lease, note: FINISHED.note, evidence: EVIDENCE });
    },
    close: async () => server[Symbol.asyncDispose](),
  };
}

export async function overHttp(sluice: string, place: string, home: string): Promise<Loop> {
  const command = [sluice, "serve", "--port", "0", "--rate", "0", "--json", "--workspace", place];
  const child = Bun.spawn(command, { env: envOf(home), stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  const { url } = z.object({ url: z.string() }).parse(JSON.parse(await lineReader(child.stdout)()));
  const send = async (method: "POST" | "PUT", path: string, body: object, lease?: string) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        "Content-Type": "application/json",
        "Sluice-Actor": "ai:bench",
        ...(lease === undefined ? {} : { "Sluice-Lease": lease }),
      },
      body: JSON.stringify(body),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${JSON.stringify(answer)}`);
    return answer;
  };
  return {
    claim: async () => heldOf(await send("POST", "/claims", { brief: true })),
    work: async ({ ref, lease }) => {
      await send("POST", `/items/${ref}/notes`, { text: NOTE }, lease);
      await send("PUT", `/items/${ref}/plan`, { body: PLAN }, lease);
      await send("POST", "/lease/finish", { lease, note: FINISHED.note, evidence: EVIDENCE });
    },
    close: async () => {
      child.kill("SIGTERM");
      await child.exited;
    },
  };
}
