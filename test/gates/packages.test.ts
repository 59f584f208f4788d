import { expect, test } from "bun:test";
import { z } from "zod";

import { readFile } from "./repository-files.ts";

const Versions = z.record(z.string(), z.string()).default({});
const LockFile = z.object({
  packages: z.record(z.string(), z.object({ optionalDependencies: Versions })),
});
const Manifest = z.object({ dependencies: Versions, devDependencies: Versions });

const lockText = readFile("package-lock.json") ?? "";

test("GA4 the lock file names no download address", () => {
  expect(lockText.split("\n").filter((line) => /"resolved"|https?:\/\/\S*\.tgz/.test(line))).toEqual([]);
});

test("GA5 every optional dependency has an entry in the lock file", () => {
  const { packages } = LockFile.parse(JSON.parse(lockText));
  const names = new Set(
    Object.keys(packages).map((path) => path.slice(path.lastIndexOf("node_modules/") + 13)),
  );
  const wanted = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies));
  expect(wanted.length).toBeGreaterThan(0);
  expect(wanted.filter((name) => !names.has(name))).toEqual([]);
});

test("GA6 every direct dependency is pinned to one version", () => {
  const manifest = Manifest.parse(JSON.parse(readFile("package.json") ?? ""));
  const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  expect(versions.length).toBeGreaterThan(0);
  expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
});
