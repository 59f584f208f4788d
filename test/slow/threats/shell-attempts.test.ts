import { expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { openStore } from "#store/open-store.ts";
import { human } from "#test/stores.ts";
import { askedAtTerminal } from "#test/terminal.ts";
import { openCliBench } from "../../e2e/cli-bench.ts";
import { fillIn, type Outcome } from "../../threats/table/run-attempts.ts";
import { SHELL_ATTEMPTS } from "../../threats/table/shell-attempts.ts";

const BIN = join(import.meta.dir, "..", "..", "..", "bin");
const DENIED = 6;
// Some fifty command lines.
setDefaultTimeout(240_000);

const Proposed = z.object({ candidate: z.object({ ref: z.string() }) });

async function tried(authority: "open" | "strict" | "confirmed"): Promise<readonly Outcome[]> {
  using bench = await openCliBench();
  const env = { ...bench.env, PATH: `${BIN}:${process.env["PATH"] ?? ""}`, SLUICE_ACTOR: "" };
  await bench.json("item", "add", "-t", "Wait", "-p", "app");
  bench.write("../claude", '#!/bin/sh\nsh -c "$1"\n');
  chmodSync(join(bench.home, "claude"), 0o755);
  const passphrase = await Bun.password.hash("correct horse battery", {
    algorithm: "argon2id",
    memoryCost: 8,
    timeCost: 1,
  });
  const proof = authority === "confirmed" ? JSON.stringify({ passphrase }) : undefined;
  const outcomes: Outcome[] = [];
  const store = await openStore({ place: bench.workspace });
  try {
    await store.projects.setSetting({ by: human(), key: "authority", value: authority, proof });
  } finally {
    await store.close();
  }
  await bench.json("backup", join(bench.home, "backup.db"));
  for (const [at, { script }] of SHELL_ATTEMPTS.entries()) {
    const keep = `PATH=$PATH HOME=$HOME SLUICE_WORKSPACE=$SLUICE_WORKSPACE SLUICE_STATE_DIR=$SLUICE_STATE_DIR USER=ada`;
    const candidate = script.includes("CANDIDATE")
      ? Proposed.parse(await bench.json("propose", "-t", `Wish ${at}`, "-p", "app", "--as", "ai:other"))
          .candidate.ref
      : "";
    const command = fillIn(script, {
      KEEP: keep,
      CANDIDATE: candidate,
      WORKSPACE: bench.workspace,
      BUN: process.execPath,
      INDEX: String(at),
    });
    bench.write(`../attempt-${at}`, command);
    const { code, text } = await askedAtTerminal(`sh ../attempt-${at}`, { cwd: bench.repository, env }, [
      ["passphrase of this workspace: ", "a guess of somebody"],
    ]);
    if (code !== 0 && code !== DENIED) throw new Error(`${command} ended with ${code}: ${text}`);
    outcomes.push(code === 0 ? "possible" : "refused");
  }
  return outcomes;
}

test.skipIf(process.platform !== "linux").each(["open", "strict", "confirmed"] as const)(
  "TH20 attempts from shells of the account end as the table in SECURITY.md says, in a workspace that is %s",
  async (authority) => {
    const found = await tried(authority);
    const told = (outcome: (at: number) => Outcome | undefined) =>
      SHELL_ATTEMPTS.map(({ who, what }, at) => `${who}: ${what}: ${outcome(at)}`);
    expect(told((at) => found[at])).toEqual(told((at) => SHELL_ATTEMPTS[at]?.[authority]));
  },
);
