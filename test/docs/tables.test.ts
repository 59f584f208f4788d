import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "bun:test";
import { z } from "zod";
import { ERROR_CATALOGUE } from "#domain/errors.ts";
import { TRANSITIONS } from "#domain/item/lifecycle.ts";
import { JOB_KINDS } from "#domain/kind.ts";
import { DEFAULT_LANES } from "#domain/lane.ts";
import { OUTCOMES } from "#domain/run/outcome.ts";

import { readFile } from "../gates/repository-files.ts";
import { codeSpans, page, PAGES, relativeLinks, sorted, tableAfter } from "./pages.ts";

const ROOT = join(import.meta.dir, "../..");

test("the error reference is the catalogue", () => {
  const rows = tableAfter(page("docs/reference/errors.md"), "Codes").map((row) => row.slice(0, 4));
  const catalogue = Object.entries(ERROR_CATALOGUE).map(([code, { exit, http, retry }]) => [
    code,
    String(exit),
    String(http),
    retry,
  ]);
  expect(sorted(rows)).toEqual(sorted(catalogue));
});

test("the table of transitions is the code's", () => {
  const rows = tableAfter(page("docs/concepts/lifecycle.md"), "Transitions").flatMap(
    ([event, from = "", to]) => from.split(", ").map((state) => [event, state, to === "same" ? state : to]),
  );
  const table = Object.entries(TRANSITIONS).flatMap(([state, events]) =>
    Object.entries(events).map(([event, to]) => [event, state, to]),
  );
  expect(sorted(rows)).toEqual(sorted(table));
});

test("every relative link leads to a file or folder", () => {
  const dead = PAGES.flatMap((one) =>
    relativeLinks(one)
      .filter((target) => !existsSync(join(ROOT, dirname(one.path), target)))
      .map((target) => `${one.path}: ${target}`),
  );
  expect(dead).toEqual([]);
});

test("the table of outcomes is the code's", () => {
  const rows = tableAfter(page("docs/concepts/claims-and-leases.md"), "Outcomes").map((row) =>
    row.slice(0, 2),
  );
  expect(sorted(rows)).toEqual(sorted(Object.entries(OUTCOMES)));
});

test("every direct dependency has its row", () => {
  const Names = z.record(z.string(), z.string()).default({});
  const manifest = z
    .object({ dependencies: Names, devDependencies: Names })
    .parse(JSON.parse(readFile("package.json") ?? ""));
  const direct = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
  const rows = tableAfter(page("docs/decisions/0002-dependencies.md"), "Packages").map(([name]) => name);
  expect(sorted(rows)).toEqual(sorted(direct));
});

test("the tables of lanes and job kinds are the code's", () => {
  const lanes = tableAfter(page("docs/concepts/lanes.md"), "Lanes").map((row) => row.slice(0, 3));
  expect(lanes).toEqual(DEFAULT_LANES.map(({ name, order, role }) => [name, String(order), role]));
  const kinds = tableAfter(page("docs/concepts/claims-and-leases.md"), "Job kinds");
  expect(sorted(kinds)).toEqual(sorted(Object.entries(JOB_KINDS)));
});

/** Pages that speak of the repository's own files; in the others a path is an example. */
const INSIDE =
  /^(?:AGENTS|CONTRIBUTING|SECURITY|docs\/architecture|docs\/decisions\/.*|docs\/reference\/errors)\.?/;

test("every path of the repository that is named exists", () => {
  const named = PAGES.filter(({ path }) => INSIDE.test(path)).flatMap((one) =>
    codeSpans(one)
      .filter((span) => /^(?:src|test|docs|scripts|bench|demo|bin|\.ci)\/[\w./-]+$/.test(span))
      .map((span) => ({ path: one.path, span })),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ span }) => !existsSync(join(ROOT, span)))).toEqual([]);
});
