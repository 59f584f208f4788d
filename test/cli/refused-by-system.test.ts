import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { localFiles } from "#compose/caller-files.ts";
import { refusedBySystem } from "#domain/errors.ts";
import { refusal } from "#test/refusal.ts";

function thrown(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

test.skipIf(process.platform !== "linux")(
  "FM37 a full disk and a missing right are told as such, and other failures are bugs",
  () => {
    const full = refusedBySystem(thrown(() => writeFileSync("/dev/full", "x")));
    expect([full?.code, full?.message, full?.hint?.includes("make room")]).toEqual([
      "unavailable",
      "The disk is full: a file could not be written",
      true,
    ]);
    const shut = refusedBySystem(thrown(() => mkdirSync("/sys/sluice")));
    expect([shut?.code, shut?.message.startsWith("/sys/sluice ")]).toEqual(["denied", true]);
    expect(refusedBySystem(thrown(() => mkdirSync("/dev/null/sluice")))).toBeUndefined();
  },
);

test.skipIf(process.platform !== "linux")(
  "FM37 a file that cannot be written is refused with its cause",
  async () => {
    const files = localFiles("/");
    const codeOf = async (path: string) => (await refusal(files.write(path, new Uint8Array(1)))).code;
    expect([await codeOf("/tmp/no/such/folder/TODO.md"), await codeOf("/sys/TODO.md")]).toEqual([
      "invalid",
      "denied",
    ]);
  },
);
