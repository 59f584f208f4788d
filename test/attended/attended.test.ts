import { existsSync } from "node:fs";
import { expect, test } from "bun:test";
import { z } from "zod";
import { openMcpBench, type McpBench, type McpClient } from "../mcp/mcp-bench.ts";

const Shown = z.object({
  item: z.object({
    state: z.string(),
    phase: z.string().optional(),
    evidence: z.array(z.object({ kind: z.string(), value: z.string() })),
    notes: z.array(z.object({ body: z.string() })),
  }),
});

async function shown({ cli }: McpBench, ref = "OB-1") {
  return Shown.parse(await cli.json("item", "show", ref)).item;
}

const standing = async (bench: McpBench, ref?: string): Promise<string> => {
  const { state, phase } = await shown(bench, ref);
  return phase === undefined ? state : `${state} ${phase}`;
};

const commits = async (bench: McpBench): Promise<readonly string[]> =>
  (await shown(bench)).evidence.filter(({ kind }) => kind === "commit").map(({ value }) => value);

/** Commits a file in the person's checkout; answers the commit. */
async function commit({ cli }: McpBench, path: string, message: string): Promise<string> {
  cli.write(path, `${message}\n`);
  await cli.git("add", "--all");
  await cli.git("commit", "--quiet", "-m", message);
  return (await cli.git("rev-parse", "HEAD")).trim();
}

/** One item in the agents' lane, claimed by an agent that no worker started. */
async function claimed(bench: McpBench): Promise<McpClient> {
  await bench.cli.json("item", "add", "-t", "Mend the roof", "--lane", "autonomous_safe");
  const agent = await bench.connect({ args: ["--as", "ai:claude-code"] });
  await agent.answer("claim");
  return agent;
}

test("AW1 what an agent commits in the person's checkout is done once a scan sees it on the target", async () => {
  await using bench = await openMcpBench();
  const agent = await claimed(bench);
  await agent.answer("plan_set", { ref: "OB-1", body: "1. Slates" });
  const sha = await commit(bench, "roof.txt", "OB-1: mend the roof");
  await agent.answer("finish", { note: "Mended" });
  expect(await standing(bench)).toBe("review await_git");
  expect(await commits(bench)).toEqual([sha]);
  expect(await bench.cli.json("git", "scan")).toMatchObject({ settled: ["OB-1"] });
  expect(await standing(bench)).toBe("done");
}, 60_000);

test("AW2 finish takes the newest commit since the claim that names the item, and a given one instead", async () => {
  await using bench = await openMcpBench();
  const agent = await claimed(bench);
  await commit(bench, "one.txt", "OB-1: first half");
  const last = await commit(bench, "two.txt", "Second half\n\nRefs: OB-1");
  await commit(bench, "three.txt", "Something else");
  await agent.answer("finish");
  expect(await commits(bench)).toEqual([last]);
  await bench.cli.json("item", "reopen", "OB-1", "--reason", "Again", "--lane", "autonomous_safe");
  await agent.answer("claim");
  await commit(bench, "four.txt", "OB-1: named");
  const given = await commit(bench, "five.txt", "Given");
  await agent.answer("finish", { evidence: [{ kind: "commit", value: given }] });
  expect(await commits(bench)).toEqual([last, given]);
}, 60_000);

test("a commit without the item's name, or from before the claim, is no result", async () => {
  await using bench = await openMcpBench();
  bench.cli.write("old.txt", "old\n");
  await bench.cli.git("add", "--all");
  await bench.cli.git("commit", "--quiet", "-m", "OB-1: older", "--date", "2025-01-01T00:00:00Z");
  await bench.cli.git("rebase", "--quiet", "--committer-date-is-author-date", "HEAD~1");
  const agent = await claimed(bench);
  await commit(bench, "roof.txt", "Mend the roof");
  await agent.answer("finish");
  expect(await commits(bench)).toEqual([]);
  await bench.cli.json("git", "scan");
  expect(await standing(bench)).toBe("review await_git");
}, 60_000);

test("a finish without a commit says what is missing, and what it says settles the item", async () => {
  await using bench = await openMcpBench();
  const agent = await claimed(bench);
  const { hint } = z.object({ hint: z.string() }).parse(await agent.answer("finish"));
  expect(hint).toContain("Commit with OB-1 in the message, then: sluice evidence add OB-1 commit=SHA");
  expect(await bench.cli.json("why", "OB-1")).toMatchObject({ next_step: hint });
  const sha = await commit(bench, "roof.txt", "OB-1: mend the roof");
  await bench.cli.json("evidence", "add", "OB-1", `commit=${sha}`);
  expect(await bench.cli.json("git", "scan")).toMatchObject({ settled: ["OB-1"] });
  await bench.cli.json("item", "reopen", "OB-1", "--reason", "Again", "--lane", "autonomous_safe");
  await agent.answer("claim");
  await commit(bench, "two.txt", "OB-1: second half");
  expect(await agent.answer("finish")).not.toHaveProperty("hint");
}, 60_000);

test("a result on another branch waits until that is merged", async () => {
  await using bench = await openMcpBench();
  const agent = await claimed(bench);
  await bench.cli.git("switch", "--quiet", "-c", "roof");
  const sha = await commit(bench, "roof.txt", "OB-1: mend the roof");
  await agent.answer("finish");
  expect(await commits(bench)).toEqual([sha]);
  await bench.cli.json("git", "scan");
  expect(await standing(bench)).toBe("review await_git");
  await bench.cli.git("switch", "--quiet", "main");
  await bench.cli.git("merge", "--quiet", "--ff-only", "roof");
  await bench.cli.json("git", "scan");
  expect(await standing(bench)).toBe("done");
}, 60_000);

const setCheck = ({ cli }: McpBench, check: string) => cli.json("project", "edit", "app", "--check", check);

const checks = async (bench: McpBench): Promise<readonly string[]> =>
  (await shown(bench)).evidence.filter(({ kind }) => kind === "check").map(({ value }) => value);

test("AW5 verify runs the check on what landing would make, and git alone says that it is done", async () => {
  await using bench = await openMcpBench();
  await setCheck(bench, "test -f roof.txt && test -f other.txt && ! test -f loose.txt");
  const agent = await claimed(bench);
  await bench.cli.git("switch", "--quiet", "-c", "roof");
  const sha = await commit(bench, "roof.txt", "OB-1: mend the roof");
  await agent.answer("finish");
  await bench.cli.git("switch", "--quiet", "main");
  await commit(bench, "other.txt", "Meanwhile");
  bench.cli.write("loose.txt", "not committed\n");
  await bench.cli.json("verify", "OB-1");
  expect(await standing(bench)).toBe("review await_git");
  expect(await checks(bench)).toEqual([`passed at ${sha.slice(0, 12)}`]);
  await bench.cli.git("merge", "--quiet", "--no-edit", "roof");
  await bench.cli.json("verify", "OB-1");
  expect(await standing(bench)).toBe("done");
  expect((await bench.cli.git("worktree", "list")).trim().split("\n")).toHaveLength(1);
}, 60_000);

test("AW6 a result that fails the check goes back with its last words, and so does a conflict", async () => {
  await using bench = await openMcpBench();
  await setCheck(bench, "echo the roof leaks; exit 3");
  const agent = await claimed(bench);
  await commit(bench, "roof.txt", "OB-1: mend the roof");
  await agent.answer("finish");
  await bench.cli.json("verify", "OB-1");
  expect(await standing(bench)).toBe("open");
  expect((await shown(bench)).notes.at(-1)?.body).toContain("the roof leaks");
  expect(await bench.cli.json("item", "show", "OB-1")).toMatchObject({ item: { attempts: 1 } });

  await setCheck(bench, "true");
  await bench.cli.json("item", "add", "-t", "Paint the door", "--lane", "autonomous_safe");
  await bench.cli.git("switch", "--quiet", "-c", "door");
  await agent.answer("claim", { ref: "OB-2" });
  await commit(bench, "door.txt", "OB-2: green");
  await agent.answer("finish", { lease: undefined });
  await bench.cli.git("switch", "--quiet", "main");
  await commit(bench, "door.txt", "Red");
  await bench.cli.json("verify", "OB-2");
  expect(await standing(bench, "OB-2")).toBe("open");
  expect((await shown(bench, "OB-2")).notes.at(-1)?.body).toContain("door.txt");
}, 60_000);

test("AW7 without a check, a commit or a person's word nothing is run", async () => {
  await using bench = await openMcpBench();
  const agent = await claimed(bench);
  await agent.answer("finish");
  const verify = async (...args: readonly string[]) => {
    const { code, stderr } = await bench.cli.sluice("verify", "OB-1", ...args, "--json");
    const { error } = z
      .object({ error: z.object({ code: z.string(), hint: z.string() }) })
      .parse(JSON.parse(stderr));
    return { exit: code, ...error };
  };
  expect(await verify()).toMatchObject({
    code: "conflict",
    hint: expect.stringContaining("--check") as unknown,
  });
  const ran = bench.cli.write("ran", "");
  // It shows outside of its folder that it ran.
  await bench.cli.json("project", "edit", "app", "--sandbox", "none");
  await setCheck(bench, `rm ${ran}`);
  const unknown = await verify();
  expect(unknown.hint).toContain("sluice evidence add OB-1 commit=SHA");
  await bench.cli.json(
    "evidence",
    "add",
    "OB-1",
    `commit=${(await bench.cli.git("rev-parse", "HEAD")).trim()}`,
  );
  expect((await verify("--as", "ai:robot")).code).toBe("denied");
  expect((await verify("--idempotency-key", "k1")).code).toBe("conflict");
  expect(existsSync(ran)).toBe(true);
  await bench.cli.json("verify", "OB-1");
  expect(existsSync(ran)).toBe(false);
}, 60_000);

const Who = z.object({
  commits: z.array(
    z.object({
      sha: z.string(),
      items: z.array(z.looseObject({ ref: z.string(), via: z.string(), run: z.string().optional() })),
    }),
  ),
});

test("AT14 who names agent, run, plan, note and proposer of attended work, and a rebase keeps them", async () => {
  await using bench = await openMcpBench();
  const { cli } = bench;
  const agent = await bench.connect({ args: ["--as", "ai:claude-code"] });
  await agent.answer("propose", { title: "Mend the roof" });
  await cli.json("gate", "approve", "C-1", "--lane", "autonomous_safe");
  await agent.answer("claim");
  await agent.answer("plan_set", { ref: "OB-1", body: "1. Slates" });
  await cli.git("switch", "--quiet", "-c", "roof");
  const sha = await commit(bench, "roof.txt", "OB-1: mend the roof");
  await agent.answer("finish", { note: "Mended with slates" });
  const who = async (of: string) => Who.parse(await cli.json("who", of)).commits;
  const made = {
    ref: "OB-1",
    via: "result",
    run: "R-1",
    holder: "ai:claude-code",
    plan_version: 1,
    note: "Mended with slates",
    proposed_by: "ai:claude-code",
  };
  for (const of of [sha.slice(0, 8), "HEAD", "roof", "OB-1"])
    expect(await who(of)).toMatchObject([{ sha, items: [made] }]);
  expect((await who("HEAD"))[0]?.items[0]).not.toHaveProperty("landed");
  expect(await cli.json("run", "diff", "R-1")).toMatchObject({
    diff: expect.stringContaining("+OB-1: mend the roof") as unknown,
  });
  await cli.git("switch", "--quiet", "main");
  await commit(bench, "other.txt", "Meanwhile");
  await cli.git("switch", "--quiet", "roof");
  await cli.git("rebase", "--quiet", "main");
  await cli.json("git", "scan");
  const [now] = await who("HEAD");
  expect(now?.sha).not.toBe(sha);
  expect(now?.items).toMatchObject([made]);
  await commit(bench, "more.txt", "See OB-1");
  await cli.json("git", "scan");
  expect((await who("HEAD"))[0]?.items).toMatchObject([{ ref: "OB-1", via: "ref" }]);
}, 60_000);
