import { expect, test } from "bun:test";
import { relativeTime } from "#cli/duration.ts";

const now = Date.UTC(2026, 0, 1, 12);
const at = (ms: number) => relativeTime(new Date(now + ms).toISOString(), now);

test("CM53 times are shown as a distance from now, in the largest whole unit", () => {
  expect([at(0), at(-400), at(-59_999), at(-60_000)]).toEqual(["now", "now", "59s ago", "1m ago"]);
  expect([at(-3 * 3_600_000 - 1), at(-50 * 3_600_000)]).toEqual(["3h ago", "2d ago"]);
  expect([at(7_199_999), at(899_500), at(3_599_500)]).toEqual(["in 2h", "in 15m", "in 1h"]);
  expect([relativeTime("", now), relativeTime("soon", now)]).toEqual(["", "soon"]);
});
