import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "bun:test";
import { z } from "zod";
import { REGISTRY } from "#operations/registry.ts";
import { openMcpBench, type McpBench } from "./mcp-bench.ts";

const Claimed = z.object({
  item: z.object({ ref: z.string() }),
  lease: z.object({ id: z.string() }),
  brief: z.string(),
});
const Shown = z.object({
  item: z.object({
    state: z.string(),
    lease: z.object({ holder: z.string() }).optional(),
    notes: z.array(z.object({ actor: z.string(), body: z.string(), by_holder: z.boolean() })),
  }),
});
const Refused = z.object({ error: z.object({ code: z.string(), hint: z.string() }).loose() });
const Candidate = z.object({ candidate: z.object({ ref: z.string() }) });

const addItem = async ({ cli }: McpBench, title: string) =>
  await cli.json("item", "add", "-t", title, "--lane", "autonomous_safe");
const show = async ({ cli }: McpBench, ref: string) => Shown.parse(await cli.json("item", "show", ref)).item;

test("MC4 an item goes through the loop, and nobody has to repeat the lease", async () => {
  await using bench = await openMcpBench();
  await addItem(bench, "One");
  const agent = await bench.connect();
  expect(await agent.answer("next")).toMatchObject({ item: { ref: "OB-1", title: "One" } });
  expect(Claimed.parse(await agent.answer("claim")).brief).toContain("One");
  expect(await agent.answer("plan_set", { ref: "OB-1", body: "1. Do" })).toEqual({ plan: { version: 1 } });
  expect(await agent.answer("note", { ref: "ob-1", text: "Seen" })).toMatchObject({
    note: { by_holder: true },
  });
  expect(await agent.answer("finish", { note: "Done" })).toMatchObject({
    item: { ref: "OB-1", state: "review" },
  });
  expect(await agent.refusal("finish", { note: "Again" })).toMatchObject({ code: "invalid" });
});

test("MC4 whoever holds several items says which lease is meant", async () => {
  await using bench = await openMcpBench();
  await addItem(bench, "One");
  await addItem(bench, "Two");
  const agent = await bench.connect();
  const first = Claimed.parse(await agent.answer("claim", { ref: "OB-1" }));
  await agent.answer("claim", { ref: "OB-2" });
  expect((await agent.refusal("finish", { note: "Which?" })).message).toContain("lease is missing");
  expect(await agent.answer("note", { ref: "OB-2", text: "Known by its ref" })).toMatchObject({
    note: { by_holder: true },
  });
  await agent.answer("release", { lease: first.lease.id, note: "Not now" });
  expect(await agent.answer("finish", { note: "The one that is left" })).toMatchObject({
    item: { ref: "OB-2" },
  });
});

test("MC42 whoever lost an item is told so at each call for it", async () => {
  await using bench = await openMcpBench();
  await addItem(bench, "One");
  const agent = await bench.connect();
  await agent.answer("claim");
  await bench.cli.json("run", "stop", "R-1", "--yes");
  for (const [tool, input] of [
    ["note", { ref: "OB-1", text: "Late" }],
    ["finish", { note: "Late" }],
  ] as const) {
    const { code, message } = await agent.refusal(tool, input);
    expect([tool, code, message.startsWith("You no longer hold OB-1; ")]).toEqual([tool, "lease_lost", true]);
  }
  expect((await show(bench, "OB-1")).notes.map(({ body }) => body)).not.toContain("Late");
});

test("MC4 inside a run the lease is the run's", async () => {
  await using bench = await openMcpBench();
  await addItem(bench, "One");
  const { lease } = Claimed.parse(await bench.cli.json("claim", "--brief", "--as", "ai:robot"));
  const env = { SLUICE_RUN: "R-1", SLUICE_LEASE: lease.id, SLUICE_ACTOR: "ai:robot" };
  const agent = await bench.connect({ args: ["--toolset", "agent"], env });
  expect(await agent.answer("note", { ref: "OB-1", text: "From inside" })).toMatchObject({
    note: { by_holder: true },
  });
  expect(await agent.answer("block", { note: "Sessions have no user id" })).toMatchObject({
    item: { ref: "OB-1", state: "blocked" },
  });
});

test("MC5 a refusal is a result with what --json prints; what is no tool is an error of the protocol", async () => {
  await using bench = await openMcpBench();
  const agent = await bench.connect({ args: ["--toolset", "all"] });
  const cases = [
    ["item_show", { ref: "OB-77" }, ["item", "show", "OB-77", "--brief"], /: the tool item_add \(title\)$/],
    ["claim", {}, ["claim", "--as", "ai:mcp"], /^Wait with: the tool wait \(timeout\)\.$/],
    [
      "gate_approve",
      { refs: ["C-1"] },
      ["gate", "approve", "C-1", "--as", "ai:mcp"],
      /: the tool propose \(title\)$/,
    ],
    ["note", { ref: "C-1", text: "T" }, ["note", "C-1", "T"], /: the tool gate_show$/],
  ] as const;
  for (const [tool, input, args, hint] of cases) {
    const { stderr } = await bench.cli.sluice(...args, "--json");
    const printed = Refused.parse(JSON.parse(stderr)).error;
    const { content } = await agent.call(tool, input);
    const told = Refused.parse(JSON.parse(content[0].text)).error;
    expect({ ...told, hint: "" }).toEqual({ ...printed, hint: "" });
    expect(told.hint).toMatch(hint);
    expect(printed.hint).toContain("sluice ");
  }
  const loop = await bench.connect();
  const { content } = await loop.call("note", { ref: "C-1", text: "T" });
  expect(Refused.parse(JSON.parse(content[0].text)).error.hint).toBe("See it with: sluice gate show C-1");
  expect((await agent.refusal("note", { ref: "OB-1" })).message).toBe(
    "text is missing, expected a value of type string",
  );
  const unknown = await agent.call("rm_rf").catch((error: unknown) => String(error));
  expect(unknown).toContain('There is no tool "rm_rf"; there are next, claim');
});

test("MC6 the actor is fixed at the start: an agent, unless --as names a person", async () => {
  await using bench = await openMcpBench();
  await addItem(bench, "One");
  const noteBy = async (args: readonly string[], env: Readonly<Record<string, string>>) => {
    const agent = await bench.connect({ args, env });
    await agent.answer("note", { ref: "OB-1", text: `${args.join(" ")} ${JSON.stringify(env)}` });
    return (await show(bench, "OB-1")).notes.at(-1)?.actor;
  };
  expect(await noteBy([], {})).toBe("ai:mcp");
  expect(await noteBy([], { USER: "ada", SLUICE_ACTOR: "human:ada" })).toBe("ai:mcp");
  expect(await noteBy([], { SLUICE_ACTOR: "ai:robot" })).toBe("ai:robot");
  expect(await noteBy([], { CLAUDECODE: "1" })).toBe("ai:claude-code");
  expect(await noteBy(["--as", "ai:codex"], { SLUICE_ACTOR: "ai:robot" })).toBe("ai:codex");
  expect(await noteBy(["--as", "human:ada"], {})).toBe("human:ada");
  const agent = await bench.connect();
  expect(await agent.refusal("note", { ref: "OB-1", text: "I am Ada", as: "human:ada" })).toMatchObject({
    code: "invalid",
  });
  const inRun = await bench.connect({ args: ["--as", "human:ada"], env: { SLUICE_RUN: "R-1" } });
  expect(await inRun.refusal("next")).toMatchObject({ code: "denied" });
});

test("whatever tools it is offered, an agent is denied what takes a person", async () => {
  await using bench = await openMcpBench();
  const agent = await bench.connect({ args: ["--toolset", "all", "--as", "ai:robot"] });
  const operations = await Promise.all(Object.values(REGISTRY).map((load) => load()));
  const persons = operations.filter(({ authority }) => authority === "decide" || authority === "operate");
  expect(persons.map(({ name }) => name)).toContain("gate.approve");
  for (const { name } of persons) {
    const refusal = await agent.refusal(name.replaceAll(".", "_"), {
      as: "human:ada",
      lease: "L",
      run: "R-1",
    });
    expect({ name, code: refusal.code }).toEqual({ name, code: "denied" });
  }
});

test("MC7 the project is that of the folder the client works in, worktrees included", async () => {
  await using bench = await openMcpBench();
  const { cli } = bench;
  const other = join(cli.home, "other");
  mkdirSync(other);
  await cli.git("-C", other, "init", "--quiet", "--initial-branch=main");
  await cli.json("project", "add", "Other", "--alias", "other");
  await cli.json("repo", "add", other, "-p", "other");
  await cli.git("worktree", "add", "--quiet", join(cli.home, "tree"), "-b", "side");
  const projectFrom = async (cwd: string, root?: string) => {
    const roots = root === undefined ? [] : [{ uri: pathToFileURL(root).href, name: "root" }];
    const agent = await bench.connect({ cwd, client: { capabilities: { roots: {} } } });
    agent.client.setRequestHandler("roots/list", () => ({ roots }));
    const { candidate } = Candidate.parse(await agent.answer("propose", { title: `From ${cwd} ${root}` }));
    const { candidates } = z
      .object({ candidates: z.array(z.object({ ref: z.string(), project: z.string() })) })
      .parse(await cli.json("gate", "list"));
    return candidates.find(({ ref }) => ref === candidate.ref)?.project;
  };
  expect(await projectFrom(cli.repository)).toBe("app");
  expect(await projectFrom(join(cli.home, "tree"))).toBe("app");
  expect(await projectFrom(other)).toBe("other");
  expect(await projectFrom(cli.home, other)).toBe("other");
  const nowhere = await bench.connect({ cwd: cli.home });
  expect((await nowhere.refusal("propose", { title: "Whose?" })).message).toContain("app, other");
});

test("MC7 the workspace is that of the client's folder, and one that is made later is found", async () => {
  await using bench = await openMcpBench();
  const folder = mkdtempSync(join(bench.cli.home, "fresh-"));
  const env = { SLUICE_WORKSPACE: "" };
  const agent = await bench.connect({ cwd: folder, env });
  expect(await agent.refusal("next")).toMatchObject({ code: "not_found" });
  await bench.cli.call(["init"], { cwd: folder, env });
  expect((await agent.call("next")).isError).toBeUndefined();
});

test("MC7 a workspace that was removed and made anew is not mistaken for the one before", async () => {
  await using bench = await openMcpBench();
  const { cli } = bench;
  await addItem(bench, "Before");
  const agent = await bench.connect();
  expect(await agent.answer("next")).toMatchObject({ item: { title: "Before" } });
  for (const suffix of ["", "-wal", "-shm"]) rmSync(`${cli.workspace}${suffix}`, { force: true });
  expect(await agent.refusal("next")).toMatchObject({ code: "not_found" });
  await cli.json("init");
  await cli.json("project", "add", "App", "--alias", "app");
  await addItem(bench, "After");
  expect(await agent.answer("next")).toMatchObject({ item: { title: "After" } });
});

test("MC8 the text says what the structured answer says", async () => {
  await using bench = await openMcpBench();
  await addItem(bench, "One");
  const agent = await bench.connect();
  const { content, structuredContent } = await agent.call("claim");
  const { item, lease, brief } = Claimed.parse(structuredContent);
  for (const part of [item.ref, lease.id, brief]) expect(content[0].text).toContain(part);
});

test("MC8 a long text of many alphabets comes back as it went", async () => {
  await using bench = await openMcpBench();
  await addItem(bench, "One");
  const agent = await bench.connect({ args: ["--toolset", "all"] });
  const text = "größer 漢字 🙂 ".repeat(20_000);
  await agent.answer("note", { ref: "OB-1", text });
  expect((await show(bench, "OB-1")).notes.at(-1)?.body).toBe(text);
  const { brief } = z
    .object({ brief: z.string() })
    .parse(await agent.answer("item_show", { ref: "OB-1", budget: 100_000 }));
  expect(brief).toContain(text.trim());
});
