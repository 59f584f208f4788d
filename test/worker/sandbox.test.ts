import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { SluiceError } from "#domain/errors.ts";
import { WORKER_PROTOCOL } from "#http/routes.ts";
import { hasBox } from "#test/launch.ts";
import { openBenches } from "#test/open-benches.ts";
import { shown } from "#test/shown.ts";
import { openWorkBench, type WorkBench } from "#test/work-bench.ts";

setDefaultTimeout(120_000);

const workerBench = openBenches();
let bench: WorkBench;

/** Drains with a scripted agent; answers what the worker printed and the agent's log. */
async function drain(script: string): Promise<{ readonly events: string; readonly log: string }> {
  bench.write("agent", `#!/bin/sh\nset -e\n${script}\n`, 0o755);
  const working = bench.work(["--until-empty", "--runner", `scripted=${bench.home}/agent`], {});
  await working.exitCode;
  return { events: working.text(), log: bench.sluice("run", "log", "R-1") };
}

const CHANGE = "echo hello > hello.txt && git add hello.txt && git commit -qm 'Add a greeting'";

describe.skipIf(!hasBox())("a worker with bubblewrap", () => {
  beforeEach(() => {
    bench = openWorkBench();
    bench.sluice("project", "edit", "app", "--sandbox", "bwrap");
  });
  afterEach(() => bench.close());

  test("WK74 an agent commits, notes and finishes from its box, and its result is checked there and lands", async () => {
    bench.sluice("project", "edit", "app", "--network", "off");
    const { events } = await drain(
      `${CHANGE}\nsluice note OB-1 'It greets in English'\nsluice item show OB-1\nsluice finish --note ok`,
    );
    expect(events).toContain('"isolation":"bubblewrap"');
    expect(bench.item().state).toBe("done");
    expect(bench.runs()).toMatchObject([{ holder: "ai:scripted", outcome: "changed" }]);
    expect(bench.git("show", "main:hello.txt")).toBe("hello\n");
    expect(bench.sluice("item", "show", "OB-1", "--json")).toContain("It greets in English");
  });

  test("WK76 the run and doctor say what runs are kept in, and why it is not more", async () => {
    await drain(`${CHANGE}\nsluice finish --note ok`);
    expect(bench.sluice("run", "show", "R-1")).toContain("bubblewrap");
    expect(bench.sluice("doctor")).toContain("Runs here are kept in: bubblewrap\n");
    const isolation = { kind: "marks", why: "it is not there" };
    expect(await shown("doctor", { findings: [], isolation })).toContain(
      "Runs here are kept in: marks, and not in bubblewrap: it is not there",
    );
  });

  test("WK70 its interface speaks for this run alone, and offers no more than an agent may", async () => {
    bench.sluice("project", "add", "Other", "--alias", "other");
    bench.sluice("item", "add", "-t", "Elsewhere", "-p", "other");
    const ask = `curl -s --unix-socket /run/sluice.sock`;
    const { log } = await drain(
      [
        `${ask} -H 'Sluice-Actor: human:ada' http://run/api/v1/caller`,
        `${ask} -H 'Sluice-Lease: x' http://run/api/v1/caller`,
        `${ask} -X POST -H 'Content-Type: application/json' -d '{}' http://run/api/v1/worker/v${WORKER_PROTOCOL}/claim`,
        `sluice item show OB-2 || echo "exit $?"`,
        `sluice project edit app --landing none || echo "exit $?"`,
        `sluice note OB-1 x --as human:ada || echo "exit $?"`,
        `${CHANGE}; sluice finish --note ok`,
        `sluice note OB-1 late || echo "exit $?"`,
      ].join("\n"),
    );
    expect(log).toContain("This is the interface of R-1, not of human:ada");
    expect(log).toContain('"actor":"ai:scripted","auth":"run","authority":"agent","scoped":true');
    expect(log).toContain("There is nothing at this address");
    expect(log).toContain("exit 3");
    expect(log.match(/exit 6/g) ?? log).toHaveLength(2);
    expect(log).toContain("exit 4");
    expect(bench.item().state).toBe("done");
  });

  test("WK71 it sees neither the workspace's file, nor other runs, nor the person's keys", async () => {
    bench.write(".ssh/id_ed25519", "SECRET");
    const { log } = await drain(
      [
        `ls -a "$HOME" "$HOME/../repo/.sluice" 2>&1 || true`,
        `ls "$HOME/.local/state/sluice/workspaces"/*/runs`,
        `echo "lease $SLUICE_LEASE at $SLUICE_WORKSPACE"`,
        `${CHANGE}; sluice finish --note ok`,
      ].join("\n"),
    );
    expect(log).not.toContain(".ssh");
    expect(log).not.toContain("workspace.db");
    expect(log).toContain("at unix:/run/sluice.sock");
    expect(log).toContain("R-1");
    expect(bench.item().state).toBe("done");
  });

  test("WK72 a check without the network reaches no service of the machine", async () => {
    using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("reached") });
    bench.sluice("project", "edit", "app", "--network", "off");
    bench.sluice("project", "edit", "app", "--check", `! curl -s -m 5 http://127.0.0.1:${server.port}/`);
    await drain(`${CHANGE}\nsluice finish --note ok`);
    expect(bench.item().state).toBe("done");
  });
});

test("WK73 a worker that cannot give a project its sandbox claims nothing and says what to do", async () => {
  const b = await workerBench({ sandbox: "bwrap" });
  const item = await b.add({ title: "Do it" });
  const why = new SluiceError("unavailable", "bubblewrap does not work here");
  const isolation = (): never => {
    throw why;
  };
  const launcher = { ...b.launcher, isolation };
  const working = b.work([b.agent("a", "true")], {}, { launcher });
  expect(await working.catch((error: unknown) => error)).toBe(why);
  expect(await b.runsOf(item)).toEqual([]);
});
