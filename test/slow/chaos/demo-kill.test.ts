import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { seeded } from "#test/seeded.ts";
import { disturbDemo } from "./disturbed-demo.ts";

const RUNS = Number(process.env["SLUICE_CHAOS_RUNS"] ?? "12");
/** Another one each day, so that the moments differ; printed, and given back with SLUICE_CHAOS_SEED. */
const SEED = Number(process.env["SLUICE_CHAOS_SEED"] ?? String(Math.floor(Date.now() / 86_400_000)));
/** Demos at a time: more would only measure how busy the machine is. */
const PARALLEL = 2;
const MINUTES_MS = 60_000;

test(
  `DE7 whatever process of the demo is killed, one plain worker reaches the undisturbed end within 60 s`,
  async () => {
    console.log(`${RUNS} demos, seed ${SEED}`);
    const failures: string[] = [];
    const queue = Array.from({ length: RUNS }, (_, index) => SEED + index);
    const lane = async () => {
      for (let seed = queue.shift(); seed !== undefined; seed = queue.shift()) {
        const home = mkdtempSync(join(tmpdir(), "sluice-chaos-"));
        const { atMs, killed, allWorkers, recoveryMs, faults, said } = await disturbDemo(home, seeded(seed));
        const what = `seed ${seed}: after ${atMs} ms killed ${(killed ?? "nothing").slice(0, 120)}${allWorkers ? ", then all workers" : ""}`;
        console.log(
          `${what}; recovered in ${recoveryMs} ms${faults.length === 0 ? "" : `\n  ${faults.join("\n  ")}`}`,
        );
        if (faults.length > 0) failures.push([what, ...faults, said].join("\n"));
        if (faults.length === 0 || process.env["SLUICE_CHAOS_KEEP"] === undefined)
          rmSync(home, { recursive: true, force: true });
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, lane));
    expect(failures).toEqual([]);
  },
  RUNS * MINUTES_MS + 5 * MINUTES_MS,
);
