import { expect, test } from "bun:test";
import { z } from "zod";
import { AGENT_TOOLS } from "#mcp/agent-tools.ts";
import { openMcpBench } from "./mcp-bench.ts";

const LEASE = "the lease";

/** Each tool of the loop, and the command that does the same. */
const STEPS: readonly (readonly [string, Readonly<Record<string, unknown>>, readonly string[]])[] = [
  ["next", {}, ["next"]],
  ["wait", {}, ["wait", "--timeout", "50s"]],
  ["claim", {}, ["claim", "--brief", "--budget", "950"]],
  ["plan_set", { ref: "OB-1", body: "1. Do it" }, ["plan", "set", "OB-1", "--file", "PLAN.md"]],
  ["note", { ref: "OB-1", text: "Read in two places" }, ["note", "OB-1", "Read in two places"]],
  ["heartbeat", { ttl: 60_000 }, ["heartbeat", LEASE, "--ttl", "1m"]],
  ["item_show", { ref: "OB-1" }, ["item", "show", "OB-1", "--brief", "--no-reporting"]],
  [
    "finish",
    { note: "Done", evidence: [{ kind: "check", value: "bun test" }] },
    ["finish", LEASE, "--note", "Done", "--evidence", "check=bun test"],
  ],
  ["claim", { ref: "OB-2" }, ["claim", "OB-2", "--brief", "--budget", "950"]],
  [
    "block",
    { note: "No user id", prerequisite: "Add user_id" },
    ["block", LEASE, "--note", "No user id", "--prerequisite", "Add user_id"],
  ],
  ["claim", { ref: "OB-3", budget: 400 }, ["claim", "OB-3", "--brief", "--budget", "400"]],
  [
    "ask",
    { question: "Which?", options: ["Left", "Right"], default: 2 },
    ["ask", LEASE, "--question", "Which?", "--option", "Left", "--option", "Right", "--default", "2"],
  ],
  ["claim", {}, ["claim", "--brief", "--budget", "950"]],
  ["release", { note: "Out of budget" }, ["release", LEASE, "--note", "Out of budget"]],
  [
    "propose",
    { title: "Sign outgoing hooks", acceptance: ["A receiver can check"] },
    ["propose", "-t", "Sign outgoing hooks", "--accept", "A receiver can check"],
  ],
];

const Claimed = z.object({ lease: z.object({ id: z.string() }) });

test("MC8 what a tool of the loop answers is a part of what --json answers", async () => {
  await using byTool = await openMcpBench();
  await using byCommand = await openMcpBench();
  for (const { cli } of [byTool, byCommand])
    for (const title of ["One", "Two", "Three", "Four"])
      await cli.json("item", "add", "-t", title, "--lane", "autonomous_safe", "-p", "app");
  byCommand.cli.write("PLAN.md", "1. Do it");
  const agent = await byTool.connect();
  let lease = "";
  for (const [tool, input, words] of STEPS) {
    const answer = await agent.answer(tool, input);
    const args = words.map((word) => (word === LEASE ? lease : word));
    const around = lease === "" ? [] : ["--lease", lease];
    const printed = await byCommand.cli.json(...args, "--as", "ai:mcp", ...around);
    const isOver = ["finish", "block", "ask", "release"].includes(tool);
    lease = isOver ? "" : (Claimed.safeParse(printed).data?.lease.id ?? lease);
    expect({ tool, printed: timeless(printed) }).toMatchObject({ tool, printed: timeless(answer) });
  }
  const tried = new Set(STEPS.map(([tool]) => tool));
  expect(Object.keys(AGENT_TOOLS).filter((name) => !tried.has(name.replaceAll(".", "_")))).toEqual([]);
});

/** Without what two workspaces cannot have in common: times, lease ids, commits. */
function timeless(value: unknown): object {
  const seen: unknown = JSON.parse(
    JSON.stringify(value)
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
      .replaceAll(/"id":"[\w-]{20,}"/g, '"id":"ID"')
      .replaceAll(/from [0-9a-f]{12}/g, "from COMMIT"),
  );
  return z.record(z.string(), z.unknown()).parse(seen);
}
