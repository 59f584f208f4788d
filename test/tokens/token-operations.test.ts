import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { sha256 } from "#domain/text/sha256.ts";
import { operationBench } from "#test/operation-bench.ts";
import { refusal } from "#test/refusal.ts";
import { openCliBench } from "../e2e/cli-bench.ts";

const Created = z.object({
  secret: z.string().optional(),
  token: z.looseObject({ id: z.int(), actor: z.string() }),
});
const DAY = 86_400_000;

test.each([undefined, "key-1"])(
  "TK10 the secret is in the answer and nowhere in the workspace, key %s",
  async (idempotencyKey) => {
    await using bench = await operationBench();
    const context = idempotencyKey === undefined ? {} : { idempotencyKey };
    const input = { as: "ai:codex", role: "agent", projects: ["app"], expires: DAY };
    const { secret = "", token } = Created.parse(await bench.call("token.create", input, { context }));
    expect(secret).toMatch(/^slc_[\w-]{43}$/);
    expect(token).toMatchObject({ actor: "ai:codex", role: "agent", projects: ["app"] });
    const hash = await sha256(secret);
    expect(await bench.store.tokens.find({ hash })).toMatchObject({ id: token.id, role: "agent" });
    const shown = JSON.stringify([await bench.call("token.list"), await bench.call("log")]);
    expect(shown).toContain("token.create");
    for (const hidden of [secret, hash]) expect(shown).not.toContain(hidden);
    const { home } = bench.workspace;
    const files = readdirSync(home).map((name) => readFileSync(join(home, name)));
    expect(files.some((bytes) => bytes.includes(hash))).toBe(true);
    expect(files.some((bytes) => bytes.includes(secret))).toBe(false);
  },
);

test("TK10 two secrets are never the same", async () => {
  await using bench = await operationBench();
  const input = { as: "ai:codex", role: "viewer" };
  const secrets = [];
  for (let n = 0; n < 20; n += 1) secrets.push(Created.parse(await bench.call("token.create", input)).secret);
  expect(new Set(secrets).size).toBe(20);
});

test("TK11 the same call under a key answers the same token, without its secret", async () => {
  await using bench = await operationBench();
  const create = async (as: string) =>
    Created.parse(
      await bench.call("token.create", { as, role: "agent" }, { context: { idempotencyKey: "k" } }),
    );
  const first = await create("ai:codex");
  expect(first.secret).toBeDefined();
  expect(await create("ai:codex")).toEqual({ token: first.token });
  expect(await bench.call("token.list")).toMatchObject({ tokens: [{ id: first.token.id }] });
  expect((await refusal(create("ai:other"))).code).toBe("conflict");
});

test("on the command line --as names the bearer; before the command it names the caller", async () => {
  using bench = await openCliBench();
  const { token } = Created.parse(
    await bench.json("token", "create", "--as", "ai:codex", "--role", "agent", "--expires", "2d"),
  );
  expect(token).toMatchObject({ actor: "ai:codex", created_by: "human:operator" });
  const { code, stderr } = await bench.sluice(
    "--as",
    "ai:codex",
    "token",
    "create",
    "--as",
    "ai:x",
    "--role",
    "agent",
  );
  expect(code).toBe(6);
  expect(stderr).toContain("token.create needs the authority of a human");
  const shown = await bench.sluice(
    "token",
    "create",
    "--as",
    "human:eve",
    "--role",
    "admin",
    "--project",
    "app",
  );
  expect(shown.stdout).toMatch(
    /^Created token 2 for human:eve, role admin, expires in 90d\..*: slc_[\w-]{43}\n$/,
  );
  expect((await bench.sluice("token", "list")).stdout).toContain("human:eve");
  expect((await bench.sluice("token", "revoke", "2")).stdout).toBe("Revoked token 2 of human:eve\n");
  expect((await bench.sluice("token", "list")).stdout).not.toContain("human:eve");
});
