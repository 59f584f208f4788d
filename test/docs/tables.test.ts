import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "bun:test";
import { z } from "zod";
import { ERROR_CATALOGUE } from "#domain/errors.ts";
import { TRANSITIONS } from "#domain/item/lifecycle.ts";
import { OUTCOMES } from "#domain/run/outcome.ts";

import { readFile } from "../gates/repository-files.ts";
import { page, PAGES, relativeLinks, sorted, tableAfter } from "./pages.ts";

const ROOT = join(import.meta.dir, "../..");

test("DO1 the error reference is the catalogue", () => {
  const rows = tableAfter(page("docs/reference/errors.md"), "Codes").map((row) => row.slice(0, 4));
  const catalogue = Object.entries(ERROR_CATALOGUE).map(([code, { exit, http, retry }]) => [
    code,
    String(exit),
    String(http),
    retry,
  ]);
  expect(sorted(rows)).toEqual(sorted(catalogue));
});

test("DO2 the table of transitions is the code's", () => {
  const rows = tableAfter(page("docs/concepts/lifecycle.md"), "Transitions").flatMap(
    ([event, from = "", to]) => from.split(", ").map((state) => [event, state, to === "same" ? state : to]),
  );
  const table = Object.entries(TRANSITIONS).flatMap(([state, events]) =>
    Object.entries(events).map(([event, to]) => [event, state, to]),
  );
  expect(sorted(rows)).toEqual(sorted(table));
});

test("DO5 every relative link leads to a file or folder", () => {
  const dead = PAGES.flatMap((one) =>
    relativeLinks(one)
      .filter((target) => !existsSync(join(ROOT, dirname(one.path), target)))
      .map((target) => `${one.path}: ${target}`),
  );
  expect(dead).toEqual([]);
});

test("DO6 the table of outcomes is the code's", () => {
  const rows = tableAfter(page("docs/concepts/claims-and-leases.md"), "Outcomes").map((row) =>
    row.slice(0, 2),
  );
  expect(sorted(rows)).toEqual(sorted(Object.entries(OUTCOMES)));
});

test("DO7 every direct dependency has its row", () => {
  const Names = z.record(z.string(), z.string()).default({});
  const manifest = z
    .object({ dependencies: Names, devDependencies: Names })
    .parse(JSON.parse(readFile("package.json") ?? ""));
  const direct = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
  const rows = tableAfter(page("docs/decisions/0002-dependencies.md"), "Packages").map(([name]) => name);
  expect(sorted(rows)).toEqual(sorted(direct));
});
