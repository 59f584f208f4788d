import { expect, test } from "bun:test";
import { z } from "zod";

import { findLines, listFiles, listLinksOut, readFile } from "./repository-files.ts";

const files = listFiles();
const code = files.filter((path) => /\.(ts|tsx|mjs|js)$/.test(path));
const tests = code.filter((path) => path.startsWith("test/"));

/** A word written in two halves, so that this file does not hold what it forbids. */
const joined = (...halves: readonly string[]): string => halves.join("");

/** Folders that an absolute path begins with on one machine only. */
const MACHINE_FOLDERS = ["root", "work", "workspace", "builds"];
/** Also folders of a person; a test may make one up. */
const HOME_FOLDERS = [String.raw`home/\w+`, String.raw`Users/\w+`];

const pathIn = (folders: readonly string[]) =>
  new RegExp(String.raw`(?<![\w.\-/}*:])/(${folders.join("|")})/\w`);

test("GA7 no file names a machine's path", () => {
  expect(findLines(files, pathIn(MACHINE_FOLDERS))).toEqual([]);
  const shipped = files.filter((path) => !path.startsWith("test/"));
  expect(findLines(shipped, pathIn(HOME_FOLDERS))).toEqual([]);
});

test("GA7 no file names a registry's host", () => {
  const host = joined("registry", String.raw`\.[a-z]+\.(org|com|io|dev)|://[\w.:]*`, "registry");
  expect(findLines(files, new RegExp(host))).toEqual([]);
});

test("GA8 no file has a name that says nothing", () => {
  const empty = /(^|\/)(utils?|helpers?|types|common|manager)(\.[^/]*)?$/;
  expect(files.filter((path) => empty.test(path))).toEqual([]);
});

test("GA8 no two files of the program have one name", () => {
  // Both databases have a migration of each number.
  const named = files.filter((path) => path.startsWith("src/") && !path.endsWith(".sql.ts"));
  const byName = Map.groupBy(named, (path) => path.slice(path.lastIndexOf("/") + 1));
  expect([...byName.values()].filter((paths) => paths.length > 1)).toEqual([]);
});

test("GA9 what the README runs exists", () => {
  const { scripts } = z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFile("package.json") ?? ""));
  const fences = [...(readFile("README.md") ?? "").matchAll(/^```\w*\n([\s\S]*?)^```/gm)].map(
    ([block]) => block,
  );
  const named = fences.flatMap((block) => [
    ...[...block.matchAll(/\bnpm (?:run )?(test|start|[\w:-]+:[\w:-]+)|\bnpm run ([\w:-]+)/g)]
      .map(([, short, long]) => short ?? long ?? "")
      .filter((script) => !(script in scripts)),
    ...[...block.matchAll(/(?:^|\s)(?:\.\/)?((?:bin|scripts|\.ci)\/[\w.-]+)/g)]
      .map(([, path]) => path ?? "")
      .filter((path) => !files.includes(path)),
  ]);
  expect(named).toEqual([]);
});

test("GA10 no code silences the compiler", () => {
  const words = [joined("@ts-", "ignore"), joined("@ts-", "nocheck"), joined("as unknown", " as ")];
  expect(findLines(code, new RegExp(words.join("|")))).toEqual([]);
});

test("GA11 no test is focused", () => {
  expect(
    findLines(tests, new RegExp(joined(String.raw`\b(test|it|describe)\.`, String.raw`only\(`))),
  ).toEqual([]);
});

test("GA12 no link leads out of the repository", () => {
  expect(listLinksOut()).toEqual([]);
});
