import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { z } from "zod";
import { type CliBench, openCliBench } from "../e2e/cli-bench.ts";

const Secret = z.object({ secret: z.string() });
const Leased = z.object({ item: z.object({ ref: z.string() }), lease: z.object({ id: z.string() }) });
const Refused = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
const Shown = z.object({
  item: z.object({
    state: z.string(),
    phase: z.string().optional(),
    evidence: z.array(z.object({ kind: z.string(), value: z.string() })),
  }),
});

/** A machine of its own: a clone that the server knows of and cannot see. */
async function laptop(bench: CliBench): Promise<CliBench> {
  const repository = join(bench.home, "laptop");
  await bench.git("clone", "--quiet", ".", repository);
  const git: CliBench["git"] = (...args) => bench.git("-C", repository, ...args);
  await git("config", "user.name", "Test Operator");
  await git("config", "user.email", "operator@example.invalid");
  const here: CliBench["call"] = (args, { env = {}, ...more }) =>
    bench.call(args, { cwd: repository, env: { SLUICE_HOST: "laptop", ...env }, ...more });
  const json: CliBench["json"] = async (...args) => {
    const { code, stdout, stderr } = await here([...args, "--json"], {});
    expect([args, code, stderr]).toEqual([args, 0, ""]);
    const answer: unknown = JSON.parse(stdout);
    return answer;
  };
  await json("repo", "edit", "app", "--path", repository);
  return { ...bench, repository, call: here, json, git };
}

/** An agent beside a person claims from the server, commits in the person's checkout and finishes; answers the ref. */
async function worked(bench: CliBench, title: string): Promise<string> {
  await bench.json("item", "add", "-t", title, "--lane", "autonomous_safe", "-p", "app");
  const { secret } = Secret.parse(await bench.json("token", "create", "--as", "ai:codex", "--role", "agent"));
  const env = { SLUICE_TOKEN: secret, SLUICE_ACTOR: "" };
  const { item, lease } = Leased.parse(JSON.parse((await bench.call(["claim", "--json"], { env })).stdout));
  writeFileSync(join(bench.repository, `${item.ref}.txt`), "slates\n");
  await bench.git("add", "--all");
  await bench.git("commit", "--quiet", "-m", `${item.ref}: ${title}`);
  const head = (await bench.git("rev-parse", "HEAD")).trim();
  const { code } = await bench.call(["finish", lease.id, "--evidence", `commit=${head}`, "--json"], { env });
  expect(code).toBe(0);
  return item.ref;
}

const shown = async (bench: CliBench, ref: string) => Shown.parse(await bench.json("item", "show", ref)).item;

test("RW11 verify runs the check of work without a worker at the operator's own place", async () => {
  using bench = await openCliBench("server");
  const own = await laptop(bench);
  const ran = join(bench.home, "ran");
  await own.json(
    "project",
    "edit",
    "app",
    "--sandbox",
    "none",
    "--check",
    `test -f OB-1.txt && touch ${ran}`,
  );
  const ref = await worked(own, "Mend the roof");
  expect(await shown(own, ref)).toMatchObject({ state: "review", phase: "await_git" });
  const elsewhere = await bench.call(["verify", ref, "--json"], {});
  expect(Refused.parse(JSON.parse(elsewhere.stderr)).error.message).toBe(
    `No commit of ${ref} is known on this machine`,
  );
  await own.json("verify", ref);
  expect(existsSync(ran)).toBe(true);
  const { state, evidence } = await shown(own, ref);
  expect([state, evidence.map(({ kind }) => kind)]).toEqual(["done", ["commit", "check"]]);

  await own.json("project", "edit", "app", "--check", "false");
  const bad = await worked(own, "Paint the door");
  await own.json("verify", bad);
  expect(await shown(own, bad)).toMatchObject({ state: "open" });
}, 60_000);

test("RW11 no check runs there without the token of an operator for all projects, or under a key; a person's word counts", async () => {
  using bench = await openCliBench("server");
  const own = await laptop(bench);
  const ran = join(bench.home, "ran");
  await own.json("project", "edit", "app", "--sandbox", "none", "--check", `touch ${ran}`);
  const ref = await worked(own, "Mend the roof");
  const scoped = ["token", "create", "--as", "human:bob", "--role", "operator", "--project", "app"];
  const { secret } = Secret.parse(await own.json(...scoped));
  const bob = { env: { SLUICE_TOKEN: secret, SLUICE_ACTOR: "" } };
  const refusals = [
    await own.call(["verify", ref, "--idempotency-key", "k1", "--json"], {}),
    await own.call(["verify", ref, "--json"], bob),
  ];
  for (const { stderr } of refusals) expect(Refused.parse(JSON.parse(stderr)).error.code).toBe("conflict");
  expect(existsSync(ran)).toBe(false);
  await own.json("project", "edit", "app", "--landing", "none");
  const [keyed, bobs] = [await worked(own, "Paint the door"), await worked(own, "Sweep")];
  for (let again = 0; again < 2; again += 1)
    await own.json("verify", keyed, "--idempotency-key", "k2", "--note", "Looked");
  expect((await own.call(["verify", bobs, "--json"], bob)).code).toBe(0);
  expect([(await shown(own, keyed)).state, (await shown(own, bobs)).state]).toEqual(["done", "done"]);
}, 60_000);
