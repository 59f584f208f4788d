import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { accountName } from "#compose/find-caller.ts";

test("CX3 the password file names an account that the environment does not", () => {
  const dir = mkdtempSync(join(tmpdir(), "sluice-account-"));
  const file = join(dir, "passwd");
  writeFileSync(file, "root:x:0:0:root:/root:/bin/sh\nada:x:10:10:,,,:/home/ada:/bin/sh\n");
  expect([accountName(10, file), accountName(1, file), accountName(undefined, file)]).toEqual([
    "ada",
    undefined,
    undefined,
  ]);
  rmSync(dir, { recursive: true });
  expect(accountName(10, file)).toBeUndefined();
});
