import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, test } from "bun:test";
import { z } from "zod";

import { page, shellBlocks } from "./pages.ts";

/** Some thirty calls of the program, on a loaded machine. */
const TIMEOUT_MS = 60_000;
const PROGRAM = join(import.meta.dir, "../../bin");
const Shown = z.object({ item: z.object({ state: z.string() }) });

/** A person's own shell in a new repository, with nothing of this machine's configuration. */
function personsShell(root: string): (script: string) => string {
  const cwd = join(root, "letters");
  mkdirSync(cwd);
  writeFileSync(join(cwd, "readers.txt"), "ada\n");
  const env = {
    PATH: [PROGRAM, process.env.PATH].join(delimiter),
    HOME: root,
    USER: "operator",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    SLUICE_STATE_DIR: join(root, "state"),
  };
  return (script) => {
    const ran = Bun.spawnSync(["bash", "--norc", "-ec", script], { cwd, env, stdin: "ignore" });
    expect([script, ran.exitCode, ran.stderr.toString()]).toEqual([script, 0, ""]);
    return ran.stdout.toString();
  };
}

test(
  "the three days run as they are written",
  () => {
    const root = mkdtempSync(join(tmpdir(), "sluice-days-"));
    try {
      const shell = personsShell(root);
      const person = ["user.name 'Letter Writer'", "user.email writer@example.invalid"];
      shell(["git init -q -b main", ...person.map((one) => `git config ${one}`)].join("\n"));
      shell("git add . && git commit -qm 'Start'");
      let lease = "";
      const said: string[] = [];
      for (const block of shellBlocks(page("docs/guides/three-days.md"))) {
        const sha = shell("git rev-parse HEAD").trim();
        const output = shell(block.replaceAll(/\bLEASE\b/g, lease).replaceAll(/\b1a2b3c4\b/g, sha));
        lease = /"lease":\{"id":"([^"]+)"/.exec(output)?.[1] ?? lease;
        said.push(output);
      }
      const brief = said.findLast((output) => output.includes("# OB-1")) ?? "";
      expect(brief).toContain("Expected a zone per reader, found none in readers.txt");
      expect(brief).toContain("second column of readers.txt");
      expect(brief).toContain("waited for: Store a time zone for each reader (done)");
      for (const ref of ["OB-1", "OB-2"])
        expect(Shown.parse(JSON.parse(shell(`sluice item show ${ref} --json`))).item.state).toBe("done");
      expect(said.at(-1)).toContain("ai:fourth");
      expect(said.at(-1)).toContain("No problems found.");
      expect(shell("git log --format=%an%cn%B")).not.toContain("ai:");
    } finally {
      rmSync(root, { recursive: true });
    }
  },
  TIMEOUT_MS,
);
