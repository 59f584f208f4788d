import { expect, test } from "bun:test";
import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import type { Caller } from "#domain/caller.ts";
import { invoke } from "#operations/invoke.ts";
import { defineOperation } from "#operations/operation.ts";
import { readInput } from "#operations/plain-input.ts";
import { REGISTRY } from "#operations/registry.ts";
import { operationBench, type OperationName } from "#test/operation-bench.ts";
import { refusal } from "#test/refusal.ts";
import { agent, human } from "#test/stores.ts";

const LEAST = {
  status: "viewer",
  starvation: "viewer",
  "project.add": "human",
  "project.list": "viewer",
  "project.show": "viewer",
  "project.edit": "human",
  "project.archive": "human",
  "repo.add": "human",
  "repo.list": "viewer",
  "repo.edit": "human",
  "repo.remove": "human",
  "item.add": "agent",
  "item.list": "viewer",
  "item.show": "viewer",
  "item.edit": "human",
  "item.move": "agent",
  "item.drop": "human",
  "item.reopen": "human",
  "item.close": "human",
  "item.unblock": "human",
  "item.bump": "human",
  "item.snooze": "human",
  "link.add": "agent",
  "link.remove": "human",
  note: "agent",
  decide: "human",
  "evidence.add": "agent",
  propose: "agent",
  "sweep.next": "human",
  "sweep.end": "human",
  "gate.list": "viewer",
  "gate.show": "viewer",
  "gate.approve": "human",
  "gate.reject": "human",
  "gate.merge": "human",
  next: "viewer",
  claim: "agent",
  wait: "viewer",
  why: "viewer",
  heartbeat: "agent",
  release: "agent",
  block: "agent",
  ask: "agent",
  finish: "agent",
  "plan.set": "agent",
  "plan.history": "viewer",
  "run.list": "viewer",
  "run.show": "viewer",
  "run.log": "viewer",
  "run.diff": "viewer",
  "run.stop": "human",
  pause: "human",
  resume: "human",
  verify: "human",
  return: "human",
  inbox: "viewer",
  land: "human",
  doctor: "viewer",
  "doctor.fix": "human",
  "log.redact": "human",
  "log.archive": "human",
  "log.seal": "human",
  undo: "human",
  "lane.list": "viewer",
  "lane.edit": "human",
  "config.list": "viewer",
  "config.get": "viewer",
  "config.set": "human",
  "token.create": "human",
  "token.list": "human",
  "token.revoke": "human",
  "git.scan": "agent",
  "todo.import": "agent",
  "todo.export": "agent",
  "todo.check": "viewer",
  "log.denials": "human",
  log: "viewer",
  who: "viewer",
} as const satisfies Record<OperationName, "viewer" | "agent" | "human">;

const RANK = { viewer: 0, agent: 1, human: 2 } as const;
const NAMES = z.array(z.custom<OperationName>()).parse(Object.keys(REGISTRY));
const CALLERS: Readonly<Record<keyof typeof RANK, Caller>> = {
  viewer: { ...human("guest"), authority: "viewer" },
  agent: agent(),
  human: human(),
};

/** The code of the refusal that an empty input gets, if any. */
async function codeOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    return error instanceof SluiceError ? error.code : String(error);
  }
}

test.each(["viewer", "agent", "human"] as const)("OP1 what a %s may call", async (authority) => {
  await using bench = await operationBench();
  for (const name of NAMES) {
    const code = await codeOf(
      bench.call(name, name === "wait" ? { timeout: 0 } : {}, { as: CALLERS[authority] }),
    );
    const isDenied = RANK[authority] < RANK[LEAST[name]];
    expect({ name, denied: code === "denied" }).toEqual({ name, denied: isDenied });
    expect(["internal", "TypeError"]).not.toContain(code);
  }
});

test("OP1 a refusal names what would be needed and changes nothing", async () => {
  await using bench = await operationBench();
  const { code, message, details } = await refusal(bench.call("pause", { reason: "mine" }, { as: agent() }));
  expect([code, details.needed]).toEqual(["denied", "the authority of a human"]);
  expect(message).toContain("pause");
  expect(await bench.store.claims.pauses()).toEqual([]);
});

test("OP2 strict authority believes a terminal and a token, not a claim to be human", async () => {
  await using bench = await operationBench();
  await bench.call("config.set", { key: "authority", value: "strict" });
  expect((await refusal(bench.call("pause"))).code).toBe("denied");
  expect(await bench.call("status")).toHaveProperty("needs_you");
  for (const auth of ["tty", "token"] as const)
    expect(await bench.call("resume", {}, { as: { ...human(), auth } })).toEqual({ paused: [] });
});

test("OP2 strict authority takes nobody's word for what lets agents work or a command run", async () => {
  await using bench = await operationBench();
  await bench.call("item.add", { title: "Wait" });
  const ref = "OB-1";
  await bench.call("config.set", { key: "authority", value: "strict" });
  const lane = "autonomous_safe";
  const premises = [{ kind: "command", run: "true" }];
  expect((await refusal(bench.call("item.add", { title: "Sneak in", lane }))).code).toBe("denied");
  expect((await refusal(bench.call("item.add", { title: "Run", premises }))).code).toBe("denied");
  expect((await refusal(bench.call("item.move", { ref, lane }))).code).toBe("denied");
  expect(await bench.call("item.list", { lanes: [lane] })).toMatchObject({ items: [] });
  const as = { ...human(), auth: "tty" } as const;
  expect(await bench.call("item.move", { ref, lane }, { as })).toMatchObject({ item: { lane } });
  expect(await bench.call("item.add", { title: "Wait too" })).toHaveProperty("item");
});

test.each([
  ["item.add", {}, "title", "missing"],
  ["item.add", { title: "A", priority: "P9" }, "priority", "P1, P2, P3, P4, P5"],
  ["item.add", { title: "A", colour: "red" }, "colour", "one of the fields title"],
  ["item.list", { limit: 0 }, "limit", "at least 1"],
  ["item.add", { title: "A", steps: [{}] }, "steps.0.text", "string"],
  ["item.list", { lanes: ["nowhere"] }, "lane", "autonomous_safe"],
  ["claim", { ttl: 1_000 }, "ttl", "at least 30000"],
  ["item.show", { ref: "C-7" }, "ref", "item"],
] as const)("OP3 %s with %j names %s", async (name, input, field, text) => {
  await using bench = await operationBench();
  const { code, message, details } = await refusal(bench.call(name, input));
  expect([code, details.field]).toEqual(["invalid", field]);
  expect(message).toContain(text);
});

test("OP3 a long value is cut", async () => {
  await using bench = await operationBench();
  const { message } = await refusal(bench.call("item.add", { title: "x".repeat(5_000) }));
  expect(message.length).toBeLessThan(200);
});

test("agents get at most twelve tools", async () => {
  const operations = await Promise.all(NAMES.map(async (name) => await REGISTRY[name]()));
  const tools = operations.filter(({ toolset }) => toolset === "agent").map(({ name }) => name);
  expect(tools).toContain("claim");
  expect(tools.length).toBeLessThanOrEqual(12);
});

test("an input is read once: by the interface, or else here, and never by another operation's schema", async () => {
  await using bench = await operationBench();
  let reads = 0;
  const schema = () =>
    z.object({
      text: z.string().transform((text) => {
        reads += 1;
        return `${text}!`;
      }),
    });
  const echo = defineOperation({
    name: "echo",
    summary: "Answer what it was given.",
    effect: "read",
    authority: "view",
    toolset: "operator",
    input: schema(),
    output: z.object({ text: z.string() }),
    errors: [],
    examples: [],
    run: (_context, { text }) => Promise.resolve({ text }),
  });
  const context = bench.context(human());
  for (const input of [
    { text: "a" },
    readInput(echo.input, { text: "a" }),
    readInput(schema(), { text: "a" }),
  ]) {
    expect(await invoke(context, echo, input)).toEqual({ text: "a!" });
  }
  // The third was read by the other schema, and then by its own.
  expect(reads).toBe(4);
});
