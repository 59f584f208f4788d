import { ghForge } from "#forge/gh-forge.ts";
import { ghRunner } from "#forge/run-gh.ts";
import { invoke } from "#operations/invoke.ts";
import { scanGit } from "#operations/git/scan-git.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import { writeAndFinish } from "#test/agent-scripts.ts";
import type { FixtureRepo } from "#test/git-fixture.ts";
import { contextOf } from "#test/operation-bench.ts";
import { json, QUIET, scriptedGh, type GhAnswer, type ScriptedGh } from "#test/scripted-gh.ts";
import { human } from "#test/stores.ts";
import type { BenchOptions, WorkerBench } from "#test/worker-bench.ts";
import type { WorkerEvent } from "#worker/worker-event.ts";

export const ADDRESS = "https://forge.test/acme/app";
export const pullUrl = (number: number): string => `${ADDRESS}/pull/${number}`;

/** A project that lands by pull request: a real remote, and `gh` played on the PATH. */
export interface ForgeScene {
  readonly b: WorkerBench;
  readonly gh: ScriptedGh;
  readonly remote: FixtureRepo;
  /** Lets an agent work until nothing is left. */
  readonly work: (script?: string) => Promise<readonly WorkerEvent[]>;
  readonly scan: () => Promise<unknown>;
  readonly get: (item: ItemDetail) => Promise<ItemDetail>;
  /** State, phase and lane in one line. */
  readonly standing: (item: ItemDetail) => Promise<string>;
}

/** The forge opens pull request 12, and knows of no other. */
export const opens = (number = 12): Readonly<Record<string, GhAnswer>> => ({
  "pr list": json([]),
  "pr create": { stdout: `Creating pull request\n${pullUrl(number)}\n` },
  "pr view": json(QUIET),
  "pr close": {},
  api: json([]),
});

export async function forgeScene(
  bench: (options?: BenchOptions) => Promise<WorkerBench>,
  options: BenchOptions = {},
): Promise<ForgeScene> {
  const b = await bench({ landing: "pr", check: "ls", repo: { target: "remote" }, ...options });
  const remote = b.sandbox.repo("remote", { bare: true });
  // Git goes to the real remote beside us; the address stays the forge's.
  b.origin.git("config", `url.${remote.dir}.insteadOf`, `${ADDRESS}.git`);
  b.origin.git("remote", "add", "origin", `${ADDRESS}.git`);
  b.origin.git("push", "--quiet", "origin", "main");
  const gh = scriptedGh(b.sandbox.root);
  gh.answer(opens());
  const env = { ...b.sandbox.env, PATH: gh.path, GH_TOKEN: "of-ada", AWS_SECRET: "of-no-concern" };
  const forge = ghForge(ghRunner(env, b.sandbox.root));
  const context = { ...contextOf(b.store, b.sandbox), caller: human(), forge: () => Promise.resolve(forge) };
  const get = (item: ItemDetail) => b.store.items.get({ id: item.item.id });
  return {
    b,
    gh,
    remote,
    get,
    work: (script = writeAndFinish("roof.txt")) => b.work([b.agent("robot", script)], {}, { forge }),
    scan: () => invoke(context, scanGit, {}),
    standing: async (item) => {
      const { state, phase, lane } = (await get(item)).item;
      return phase === null ? `${state} in ${lane}` : `${state} ${phase}`;
    },
  };
}
