import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { openStore } from "#store/open-store.ts";

/** Whoever closes a SQLite file last has it alone for a moment: so many meetings that some fall into it. */
const [PROCESSES, TIMES] = [5, 300];

test("commands that open and close one workspace at the same moment all succeed", async () => {
  const dir = mkdtempSync(join(tmpdir(), "sluice-open-"));
  try {
    const place = join(dir, "workspace.db");
    await (await openStore({ place, create: true })).close();
    const program = join(import.meta.dir, "open-close-program.ts");
    const children = Array.from({ length: PROCESSES }, () =>
      Bun.spawn([process.execPath, program, place, String(TIMES)], { stdin: "ignore", stderr: "pipe" }),
    );
    const said = await Promise.all(children.map(({ stderr }) => stderr.text()));
    expect(said.join("")).toBe("");
    expect(await Promise.all(children.map(({ exited }) => exited))).toEqual(children.map(() => 0));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}, 60_000);
