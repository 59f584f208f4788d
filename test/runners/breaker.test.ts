import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  admitRun,
  afterRun,
  BREAKER_MAX_MS,
  BREAKER_THRESHOLD,
  type BreakerState,
  HEALTHY,
  parseBreaker,
  pauseMs,
} from "#domain/runner/breaker.ts";

function failed(times: number, now: number): BreakerState {
  let breaker = HEALTHY;
  for (let n = 0; n < times; n += 1) breaker = afterRun(breaker, "runner_failed", now);
  return breaker;
}

test("RN40 opens after three runner failures in a row, and starts nothing until the pause is over", () => {
  expect(admitRun(failed(2, 1_000), 1_000)).toMatchObject({ admit: true });
  const open = failed(3, 1_000);
  expect(admitRun(open, 1_001)).toEqual({ admit: false, retryAt: 31_000 });
  expect(admitRun(open, 31_000)).toMatchObject({ admit: true, next: { state: "half_open" } });
});

test("RN40 starts counting anew when a run works, and counts no run that told nothing", () => {
  expect(afterRun(failed(2, 0), "healthy", 0)).toEqual(HEALTHY);
  expect(afterRun(failed(2, 0), "unknown", 0)).toEqual(failed(2, 0));
  expect(afterRun(failed(3, 0), "runner_failed", 9)).toEqual(failed(3, 0));
});

test("RN41 admits one trial; its success closes the breaker, its failure doubles the pause", () => {
  const trial = admitRun(failed(3, 0), 30_000);
  expect(trial).toEqual({ admit: true, next: { state: "half_open", trips: 1, trialAt: 30_000 } });
  if (!trial.admit) throw new Error("The trial was refused");
  expect(admitRun(trial.next, 30_001)).toMatchObject({ admit: false });
  expect(afterRun(trial.next, "healthy", 40_000)).toEqual(HEALTHY);
  expect(afterRun(trial.next, "runner_failed", 40_000)).toEqual({
    state: "open",
    trips: 2,
    retryAt: 100_000,
  });
});

test("RN41 lets another trial start where the last one told nothing, or never reported", () => {
  const trial: BreakerState = { state: "half_open", trips: 3, trialAt: 0 };
  expect(admitRun(afterRun(trial, "unknown", 5), 5)).toMatchObject({ admit: true });
  expect(admitRun(trial, BREAKER_MAX_MS - 1)).toMatchObject({ admit: false });
  expect(admitRun(trial, BREAKER_MAX_MS)).toMatchObject({ admit: true });
});

test("comes back from the store as it went, and healthy where nothing readable is there", () => {
  const trial: BreakerState = { state: "half_open", trips: 3, trialAt: 0 };
  for (const state of [HEALTHY, failed(2, 0), failed(3, 5), trial]) {
    expect(parseBreaker(JSON.parse(JSON.stringify(state)))).toEqual(state);
  }
  for (const odd of [null, undefined, {}, { state: "open" }, "closed", { state: "closed", failures: -1 }]) {
    expect(parseBreaker(odd)).toEqual(HEALTHY);
  }
});

test("RN42 pauses 30 s, then twice as long each time, and never longer than 15 min", () => {
  expect([1, 2, 3, 4, 5].map(pauseMs)).toEqual([30_000, 60_000, 120_000, 240_000, 480_000]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), (trips) => {
      expect(pauseMs(trips + 1)).toBeGreaterThanOrEqual(pauseMs(trips));
      expect(pauseMs(trips)).toBeLessThanOrEqual(BREAKER_MAX_MS);
    }),
  );
});

test("RN42 never shuts a runner for good, and never lets more than three failures in a row through unpaused", () => {
  const ending = fc.constantFrom("healthy", "runner_failed", "unknown" as const);
  const step = fc.record({ waitMs: fc.integer({ min: 0, max: 100_000 }), run: ending });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let breaker = HEALTHY;
      let now = 0;
      let failuresInARow = 0;
      for (const { waitMs, run } of steps) {
        now += waitMs;
        const answer = admitRun(breaker, now);
        if (!answer.admit) {
          expect(failuresInARow).toBeGreaterThanOrEqual(BREAKER_THRESHOLD);
          expect(admitRun(breaker, now + BREAKER_MAX_MS).admit).toBe(true);
          continue;
        }
        breaker = afterRun(answer.next, run, now);
        if (run !== "unknown") failuresInARow = run === "healthy" ? 0 : failuresInARow + 1;
        if (run === "runner_failed" && failuresInARow >= BREAKER_THRESHOLD) {
          expect(admitRun(breaker, now).admit).toBe(false);
        }
      }
    }),
  );
});
