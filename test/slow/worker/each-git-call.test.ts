import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "bun:test";
import { createGit } from "#git/create-git.ts";
import { writeAndFinish } from "#test/agent-scripts.ts";
import { openBenches } from "#test/open-benches.ts";
import { plantGit } from "#test/planted-git.ts";
import type { WorkerBench } from "#test/worker-bench.ts";
import { expectUndisturbed } from "./undisturbed.ts";

/** Each so many-th call is killed, since an item takes 40 to 50; 1 kills each in turn, which takes minutes. */
const STRIDE = Number(process.env["SLUICE_GIT_KILL_STRIDE"] ?? "4");
/** Where to begin, so that another day tries other calls. */
const FIRST = 1 + (Math.floor(Date.now() / 86_400_000) % STRIDE);
/** Far more calls than an item takes: a loop without end stops here. */
const MOST_CALLS = 400;
const LIMIT_MS = 900_000;

const bench = openBenches();

/** A git that dies at its n-th call, before or after it has done its work; `calls` are the command lines so far. */
function dyingGit(b: WorkerBench, at: number, when: "before" | "after") {
  const log = b.sandbox.path("calls");
  const work = when === "before" ? "" : `"$GIT" "$@" > '${b.sandbox.path("said")}' 2>&1; `;
  const script = [
    `printf '%s %s\\n' "$$" "$*" >> '${log}'; n=0`,
    `while read -r pid rest; do n=$((n + 1)); [ "$pid" != "$$" ] || break; done < '${log}'`,
    `[ "$n" != ${at} ] || { ${work}kill -9 $$; }`,
  ].join("\n");
  const env = plantGit(b.sandbox.env, b.sandbox.path("bin"), script);
  const stateDir = b.sandbox.path("state");
  const git = createGit({ env, stateDir, now: Date.now, nonce: () => crypto.randomUUID() });
  return { git, calls: () => (existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n") : []) };
}

/** Works one item while one call of git is killed; answers whether there was such a call. */
async function disturb(b: WorkerBench, at: number, when: "before" | "after"): Promise<boolean> {
  await b.add({ title: "First" });
  const { git, calls } = dyingGit(b, at, when);
  const robot = b.agent("robot", writeAndFinish("$SLUICE_ITEM.txt"));
  const events = await b.work([robot], {}, { git });
  const killed = calls()[at - 1];
  const story = [`killed ${when} it worked: ${killed}`, ...events.map((event) => JSON.stringify(event))];
  await b.work([robot]);
  await expectUndisturbed(b, 1, story.join("\n"));
  return killed !== undefined;
}

test.each(["before", "after"] as const)(
  "any one call of git, killed %s it did its work, changes nothing of the final state",
  async (when) => {
    let tried = 0;
    for (let at = FIRST; at < MOST_CALLS; at += STRIDE) {
      const b = await bench({ check: "ls OB-*.txt", checkedOut: at % 2 === 0 });
      if (!(await disturb(b, at, when))) break;
      tried += 1;
    }
    expect(tried).toBeGreaterThan(36 / STRIDE);
  },
  LIMIT_MS,
);
