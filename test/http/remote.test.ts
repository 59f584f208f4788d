import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { z } from "zod";
import { REGISTRY } from "#operations/registry.ts";
import { anyText, listWith } from "#test/matching.ts";
import { serve } from "#test/serve.ts";
import { DAY, long } from "#test/whole-day.ts";
import { openCliBench } from "../e2e/cli-bench.ts";
import type { Ran } from "../e2e/demo-state.ts";
import { commandWords } from "./command-words.ts";
import { operationOf, timeless } from "./whole-day.ts";

const Leased = z.object({ lease: z.object({ id: z.string() }) });
const Secret = z.object({ secret: z.string() });
const read = (text: string): unknown => (text === "" ? undefined : JSON.parse(text));

/** What a command printed, and how it ended; how a caller was proven, and through which interface they came, is told apart on purpose. */
const seen = ({ code, stdout, stderr }: Ran): unknown =>
  timeless({
    code,
    answer: read(
      stdout
        .replaceAll(/"auth":"(token|run)"/g, '"auth":"asserted"')
        .replaceAll('"interface":"http"', '"interface":"cli"'),
    ),
    refusal: read(stderr),
  });

test("RW1 every command prints against a server what it prints against a file, and ends the same", async () => {
  using file = await openCliBench("file");
  using server = await openCliBench("server");
  // So that both have made a token.
  await file.json("token", "create", "--as", "human:operator", "--role", "admin");
  const lease = new Map<object, string>();
  for (const bench of [file, server]) {
    await bench.git("clone", "--quiet", ".", "../again");
    bench.write("TODO.md", `# To do\n\n## ${long("todo")}\n\n- Status: open\n- Problem: ${long("field")}\n`);
  }
  for (const [tool, input] of DAY) {
    const operation = await REGISTRY[operationOf(tool)]();
    const [expected, answer] = await Promise.all(
      [file, server].map(async (bench) => {
        const held = lease.get(bench);
        const given = "token" in input ? { ...input, token: 2 } : input;
        const words = [
          ...(held === undefined ? [] : ["--lease", held]),
          "--json",
          ...commandWords(operation, given),
        ];
        const ran = await bench.call(operation.effect === "destroy" ? ["--yes", ...words] : words, {});
        const made = Leased.safeParse(read(ran.stdout));
        if (made.success) lease.set(bench, made.data.lease.id);
        return seen(ran);
      }),
    );
    expect({ tool, seen: answer }).toEqual({ tool, seen: expected });
  }
}, 180_000);

test("RW2 an agent's token works, and may neither decide nor run what needs the caller's files", async () => {
  using bench = await openCliBench("server");
  await bench.json("item", "add", "-t", "Mend", "--lane", "autonomous_safe", "-p", "app");
  const { secret } = Secret.parse(await bench.json("token", "create", "--as", "ai:codex", "--role", "agent"));
  const env = { SLUICE_TOKEN: secret, SLUICE_ACTOR: "" };
  const agent = (...args: readonly string[]) => bench.call([...args, "--json"], { env });
  bench.write("TODO.md", "# To do\n\n- [ ] One\n");
  const claimed = await agent("claim");
  expect(read(claimed.stdout)).toMatchObject({ item: { ref: "OB-1", lease: { holder: "ai:codex" } } });
  for (const words of [
    ["todo", "import", "TODO.md"],
    ["repo", "add", ".."],
    ["gate", "approve", "C-1"],
    ["item", "drop", "OB-1", "--reason", "x"],
    ["token", "list"],
    ["config", "set", "authority", "open"],
  ]) {
    const { code, stderr } = await agent(...words);
    expect([words, code, read(stderr)]).toMatchObject([words, 6, { error: { code: "denied" } }]);
  }
  const named = await bench.call(["note", "OB-1", "Mine", "--json"], {
    env: { ...env, SLUICE_ACTOR: "human:ada" },
  });
  expect([named.code, read(named.stderr)]).toMatchObject([6, { error: { code: "denied" } }]);
});

test("RW4 a server that does not answer, what is no server, and an unknown token are refused with the next step", async () => {
  using bench = await openCliBench("server");
  using other = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("Hello") });
  using moved = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => Response.redirect("http://127.0.0.1:1/", 307),
  });
  const closed = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("") });
  const nobody = closed.url.origin;
  await closed.stop(true);
  const tries = [
    [{ SLUICE_WORKSPACE: nobody }, 7, "unavailable"],
    [{ SLUICE_WORKSPACE: other.url.origin }, 7, "unavailable"],
    [{ SLUICE_WORKSPACE: moved.url.origin }, 7, "unavailable"],
    [{ SLUICE_TOKEN: "slc_unknown" }, 6, "denied"],
    [{ SLUICE_TOKEN: "" }, 6, "denied"],
  ] as const;
  for (const [env, exit, error] of tries) {
    const { code, stderr } = await bench.call(["status", "--json"], { env });
    expect([env, code, read(stderr)]).toMatchObject([env, exit, { error: { code: error, hint: anyText } }]);
  }
});

test("RW6 a process in an agent's run cannot use a person's token", async () => {
  using bench = await openCliBench("server");
  const { code, stderr } = await bench.call(["status", "--json"], {
    env: { SLUICE_RUN: "R-1", SLUICE_ACTOR: "ai:codex" },
  });
  expect([code, read(stderr)]).toMatchObject([6, { error: { code: "denied" } }]);
  const unnamed = await bench.call(["status", "--json"], { env: { CLAUDECODE: "1", SLUICE_ACTOR: "" } });
  expect([unnamed.code, read(unnamed.stderr)]).toMatchObject([
    6,
    { error: { code: "denied", details: { field: "SLUICE_TOKEN" } } },
  ]);
});

test("RW7 commands that need the database itself say so", async () => {
  using bench = await openCliBench("server");
  for (const words of [["backup", "there.db"], ["copy", "ADDRESS", "there.db"], ["init"]]) {
    const args = words.map((word) => (word === "ADDRESS" ? "http://127.0.0.1:1" : word));
    const { code, stderr } = await bench.call([...args, "--json"], {});
    expect([words, code, read(stderr)]).toMatchObject([
      words,
      2,
      { error: { code: "invalid", hint: anyText } },
    ]);
  }
});

test("HT34 other machines reach a server only where the workspace has a token", async () => {
  using bench = await openCliBench("file");
  const refused = await bench.call(["serve", "--host", "0.0.0.0", "--port", "0", "--json"], {});
  expect([refused.code, read(refused.stderr)]).toMatchObject([6, { error: { code: "denied" } }]);
  const { secret } = Secret.parse(
    await bench.json("token", "create", "--as", "human:ada", "--role", "viewer"),
  );
  using served = await serve({ ...bench.env, SLUICE_WORKSPACE: bench.workspace }, bench.home, [
    "--host",
    "0.0.0.0",
  ]);
  const url = served.url.replace("0.0.0.0", "127.0.0.1");
  expect((await fetch(`${url}/api/v1/status`)).status).toBe(401);
  const headers = { Authorization: `Bearer ${secret}`, Host: "any.example" };
  expect((await fetch(`${url}/api/v1/status`, { headers })).status).toBe(200);
});

test("RW8 a worker drains a server's backlog, and its agents report under their leases alone", async () => {
  using bench = await openCliBench("server", ["--require-token"]);
  await bench.json("item", "add", "-t", "Mend the roof", "--lane", "autonomous_safe", "-p", "app");
  await bench.git("checkout", "--quiet", "--detach");
  const sluice = join(import.meta.dir, "..", "..", "bin", "sluice");
  const robot = join(bench.home, "robot");
  writeFileSync(
    robot,
    `#!/bin/sh
set -e
test -z "$SLUICE_TOKEN"
echo dry > roof.txt
git add roof.txt
git commit -q -m "$SLUICE_ITEM: Mend the roof"
${sluice} note "$SLUICE_ITEM" "The tiles were loose"
${sluice} finish --note "Mended"
`,
  );
  chmodSync(robot, 0o755);
  const worked = await bench.sluice("work", "--runner", `robot=${robot}`, "--until-empty", "--json");
  expect([worked.code, worked.stderr]).toEqual([0, ""]);
  expect(await bench.json("item", "show", "OB-1")).toMatchObject({ item: { state: "done" } });
  expect(await bench.json("log", "OB-1", "--actor", "ai:robot")).toMatchObject({
    events: listWith(
      { operation: "finish", auth: "run" },
      { operation: "note", auth: "run", interface: "http" },
    ),
  });
  expect(await bench.git("show", "main:roof.txt")).toBe("dry\n");
}, 60_000);
