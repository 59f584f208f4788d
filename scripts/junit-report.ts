import type { Outcome } from "./outcome.ts";

export interface JunitReport extends Outcome {
  /** Titles of the tests that did not run. */
  readonly skipped: readonly string[];
}

const TEST_CASE = /<testcase ([^>]*?)(\/>|>([\s\S]*?)<\/testcase>)/g;
const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

/** Reads what `bun test --reporter=junit` wrote. */
export function readJunitReport(xml: string): JunitReport {
  const top = /<testsuites [^>]*>/.exec(xml)?.[0] ?? "";
  const skipped = [...xml.matchAll(TEST_CASE)]
    .filter(([, , , body]) => body?.includes("<skipped") === true)
    .map(([, attributes]) => attribute(attributes ?? "", "name"));
  const failed = Number(attribute(top, "failures")) + Number(attribute(top, "errors"));
  return { passed: Number(attribute(top, "tests")) - failed - skipped.length, failed, skipped };
}

function attribute(tag: string, name: string): string {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? "";
  return value.replace(/&(lt|gt|quot|apos|amp);/g, (whole, entity: string) => ENTITIES[entity] ?? whole);
}
