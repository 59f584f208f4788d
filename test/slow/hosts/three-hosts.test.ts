import { isRunning } from "../agents/is-running.ts";
import { expect, test } from "bun:test";
import { chmodSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EMPTY_SPEC } from "#domain/item/spec.ts";
import type { Store } from "#operations/ports/store.ts";
import { createGit } from "#git/create-git.ts";
import { openStore } from "#store/open-store.ts";
import { type FixtureRepo, gitSandbox, type GitSandbox } from "#test/git-fixture.ts";
import { type HostNetwork, hostNetwork, mayMakeHosts, type NetworkHost } from "#test/network-hosts.ts";
import { human } from "#test/stores.ts";

const SLUICE = join(import.meta.dir, "..", "..", "..", "bin", "sluice");
/** The shortest lease there is. */
const TTL = "30s";
/** For each thing waited for: a lease ends after 30 s, a statement on a dead connection after 62 s. */
const PATIENCE_MS = 90_000;
/** The lease of 30 s, 10 s to ask whether the agent has reported, 10 s for it to end by itself, and as much for a loaded machine. */
const AGENT_END_MS = 60_000;

/** Calls under way end with their statement's 62 s; each one after them with the 10 s that connecting may take, and there are some six. */
const WORKER_END_MS = 150_000;

/** Says which lease it works under, commits, and waits for a file before it would go on: time enough to be cut off. */
const SLOW = `#!/bin/sh
cat > /dev/null
echo "from $SLUICE_RUN" > work.txt
git add work.txt && git commit -q -m "Work of the slow host"
echo "$SLUICE_LEASE" > "$HOME/lease.tmp" && mv "$HOME/lease.tmp" "$HOME/lease"
while [ ! -e "$HOME/go" ]; do sleep 0.2; done
`;
/** Seconds; a word by which the agent's process is known. */
const FOR_EVER = "86400.25";
/** Commits, says so, and works on for ever. */
const ENDLESS = `#!/bin/sh
cat > /dev/null
echo "from $SLUICE_RUN" > work.txt
git add work.txt && git commit -q -m "Work of the slow host"
touch "$HOME/begun"
exec sleep ${FOR_EVER}
`;
const QUICK = `#!/bin/sh
cat > /dev/null
echo "from $SLUICE_RUN" > work.txt
git add work.txt && git commit -q -m "Work of a quick host"
exec sluice finish "$SLUICE_LEASE"
`;

interface Scene {
  readonly network: HostNetwork;
  readonly sandbox: GitSandbox;
  readonly store: Store;
  readonly origin: FixtureRepo;
  readonly itemId: number;
}

test.skipIf(!mayMakeHosts())(
  "HO1 a host that is cut off in mid-run loses its item, and can change nothing when it is back",
  async () => {
    using sandbox = gitSandbox();
    await using network = await hostNetwork(["a", "b", "c"]);
    const store = await openStore({ place: network.place, create: true });
    try {
      const scene = await prepare(network, sandbox, store);
      const [cutOff, second, third] = network.hosts;
      if (cutOff === undefined || second === undefined || third === undefined) throw new Error("no hosts");
      await telling(scene, () => act(scene, cutOff, [second, third]));
      await judge(scene, cutOff);
    } finally {
      await store.close();
    }
  },
  6 * PATIENCE_MS,
);

test.skipIf(!mayMakeHosts())(
  "HO2 the agent of a host that is cut off ends with its lease, and its worker when it is told to",
  async () => {
    using sandbox = gitSandbox();
    await using network = await hostNetwork(["a"]);
    const store = await openStore({ place: network.place, create: true });
    try {
      const scene = await prepare(network, sandbox, store);
      const [host] = network.hosts;
      if (host === undefined) throw new Error("no host");
      await telling(scene, () => endWhileCutOff(scene, host));
      expect(workOf(scene, host)).toContain("Work of the slow host");
      expect(await store.history.check({ deep: true })).toEqual([]);
    } finally {
      await store.close();
    }
  },
  6 * PATIENCE_MS,
);

async function endWhileCutOff(scene: Scene, host: NetworkHost): Promise<void> {
  const worker = work(scene, host, ENDLESS);
  await until("the agent has committed", () => existsSync(join(homeOf(scene, host), "begun")));
  await until("the agent goes on", () => isRunning(FOR_EVER));
  host.cut();
  await until("the agent is ended", () => !isRunning(FOR_EVER), AGENT_END_MS);
  worker.kill("SIGTERM");
  await until("the worker ends", () => worker.exitCode !== null, WORKER_END_MS);
}

async function act(scene: Scene, cutOff: NetworkHost, others: readonly NetworkHost[]): Promise<void> {
  const slow = work(scene, cutOff, SLOW);
  await until("the slow agent has committed", () => existsSync(join(homeOf(scene, cutOff), "lease")));
  cutOff.cut();
  const workers = [slow, ...others.map((host) => work(scene, host, QUICK))];
  await until("another host finishes the item", async () => {
    const { item } = await scene.store.items.get({ id: scene.itemId });
    return item.state === "done";
  });
  await cutOff.reconnect();
  await zombieTries(scene, cutOff);
  for (const worker of workers) worker.kill("SIGTERM");
  writeFileSync(join(homeOf(scene, cutOff), "go"), "");
  await until("all workers end", () => workers.every(({ exitCode }) => exitCode !== null));
  expect(workers.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
}

/** Says with a failure what each host's worker had said. */
async function telling(scene: Scene, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const logs = scene.network.hosts.map((host) => {
      const log = logOf(scene, host);
      return `--- host ${host.name}\n${existsSync(log) ? readFileSync(log, "utf8") : "(nothing)"}`;
    });
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${logs.join("\n")}`, {
      cause: error,
    });
  }
}

async function prepare(network: HostNetwork, sandbox: GitSandbox, store: Store): Promise<Scene> {
  const origin = sandbox.repo("origin", { bare: true });
  const seed = sandbox.repo("seed");
  seed.commit({ message: "Begin", files: { "a.txt": "1\n" } });
  seed.git("push", "--quiet", origin.dir, "main");
  const by = human();
  const { id: projectId } = await store.projects.add({
    by,
    alias: "app",
    name: "App",
    landing: "merge",
    // Its agents show outside of their folders how far they are.
    policy: { sandbox: "none" },
  });
  const git = createGit({
    env: sandbox.env,
    stateDir: sandbox.path("locks"),
    now: Date.now,
    nonce: () => crypto.randomUUID(),
  });
  for (const host of network.hosts) {
    const clone = sandbox.clone(origin.dir, join("hosts", host.name, "app"));
    const { commonDir } = await git.inspect({ path: clone.dir });
    const there = { ...by, host: host.name };
    const place = { path: clone.dir, commonDir };
    if (host === network.hosts[0])
      await store.projects.addRepo({
        by: there,
        projectId,
        alias: "app",
        ...place,
        defaultBranch: "main",
        remote: origin.dir,
        target: "remote",
      });
    else await store.projects.editRepo({ by: there, id: 1, changes: place });
  }
  const made = await store.items.add({
    by,
    item: { projectId, title: "Do it once", spec: EMPTY_SPEC, lane: "autonomous_safe" },
  });
  return { network, sandbox, store, origin, itemId: made.item.id };
}

const logOf = (scene: Scene, host: NetworkHost): string => join(homeOf(scene, host), "work.log");
const homeOf = ({ sandbox }: Scene, host: NetworkHost): string => sandbox.path("hosts", host.name);

function environment(scene: Scene, host: NetworkHost): Record<string, string> {
  const home = homeOf(scene, host);
  const mark = process.env["SLUICE_TEST_RUN"];
  return {
    ...scene.sandbox.env,
    // A run of the suite that is killed finds by it what is left.
    ...(mark === undefined ? {} : { SLUICE_TEST_RUN: mark }),
    HOME: home,
    USER: "operator",
    SLUICE_HOST: host.name,
    SLUICE_STATE_DIR: join(home, "state"),
    SLUICE_WORKSPACE: scene.network.placeFor(host),
  };
}

function work(scene: Scene, host: NetworkHost, script: string): Bun.Subprocess {
  const agent = join(homeOf(scene, host), "agent");
  writeFileSync(agent, script);
  chmodSync(agent, 0o755);
  const log = openSync(logOf(scene, host), "a");
  return Bun.spawn([...host.on, SLUICE, "work", "--runner", `${host.name}=${agent}`, "--ttl", TTL], {
    env: environment(scene, host),
    stdin: "ignore",
    stdout: log,
    stderr: log,
  });
}

/** Every kind of write under the old lease, from the host that lost it. */
async function zombieTries(scene: Scene, host: NetworkHost): Promise<void> {
  const lease = (await Bun.file(join(homeOf(scene, host), "lease")).text()).trim();
  const env = {
    ...environment(scene, host),
    SLUICE_LEASE: lease,
    SLUICE_RUN: "R-1",
    SLUICE_ACTOR: `ai:${host.name}`,
  };
  const ref = `OB-${scene.itemId}`;
  const tries = [
    ["finish", lease],
    ["block", lease, "--note", "late"],
    ["release", lease, "--note", "late"],
    ["heartbeat", lease],
    ["note", ref, "late"],
    ["evidence", "add", ref, "check=late"],
  ];
  for (const words of tries) {
    const child = Bun.spawn([...host.on, SLUICE, ...words, "--json"], {
      env,
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
      timeout: PATIENCE_MS,
      killSignal: "SIGKILL",
    });
    const error = await new Response(child.stderr).text();
    expect(error).toContain("lease_lost");
    expect([words[0], await child.exited]).toEqual([words[0], 4]);
  }
}

async function judge(scene: Scene, cutOff: NetworkHost): Promise<void> {
  const { store, origin, itemId } = scene;
  const { item, notes } = await store.items.get({ id: itemId });
  expect(item.state).toBe("done");
  expect(notes.some(({ body }) => body.includes("late"))).toBe(false);
  const runs = (await store.runs.list({ itemId, page: { limit: 10 } })).items;
  expect(runs.filter(({ outcome }) => outcome === "changed").map(({ host }) => host)).not.toContain(
    cutOff.name,
  );
  expect(runs.find(({ host }) => host === cutOff.name)?.outcome).toBe("expired");
  expect(
    origin
      .git("log", "--format=%s", "main")
      .split("\n")
      .filter((subject) => subject.startsWith(`OB-${itemId}`)),
  ).toHaveLength(1);
  expect(workOf(scene, cutOff)).toContain("Work of the slow host");
  expect(await store.history.check({ deep: true })).toEqual([]);
}

/** Subjects of the commits that a host's checkout has. */
function workOf({ sandbox }: Scene, host: NetworkHost): string {
  return sandbox.at(sandbox.path("hosts", host.name, "app")).git("log", "--all", "--format=%s");
}

async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`Waited ${patienceMs} ms in vain until ${what}`);
    await Bun.sleep(100);
  }
}
