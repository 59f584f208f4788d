import { join } from "node:path";
import { z } from "zod";
import { parseActor } from "#domain/actor.ts";
import { EMPTY_SPEC } from "#domain/item/spec.ts";
import { tokenCaller, type Caller } from "#domain/caller.ts";
import { parseSha } from "#domain/git-ref/sha.ts";
import { type OperationBench, operationBench } from "#test/operation-bench.ts";
import { agent, human, type StoreKind } from "#test/stores.ts";

/** Stands in every text of the other project. */
export const HIDDEN = "xyzzy";
export const SHA = "b".repeat(40);

/** Two projects, `app` of the token and `other` that is none of its business; the same caller with and without that limit. */
export interface ScopeBench extends OperationBench {
  readonly scoped: Caller;
  readonly unscoped: Caller;
  /** Lease of OB-3, in the other project. */
  readonly lease: string;
  readonly todo: string;
  /** All that there is of the other project. */
  readonly other: () => Promise<unknown>;
}

const Claimed = z.object({ lease: z.object({ id: z.string() }) });

/** OB-1 is the token's and waits for OB-2. Of the other project: OB-2 ready, OB-3 leased as R-1, OB-4 in review, OB-5 waits for an answer, OB-6 from TODO.md; C-1. */
export async function openScopeBench(kind: StoreKind = "sqlite"): Promise<ScopeBench> {
  const bench = await operationBench(["app", "other"], kind);
  const { store, call, sandbox } = bench;
  const [app, other] = [
    await store.projects.get({ alias: "app" }),
    await store.projects.get({ alias: "other" }),
  ];
  const lane = "autonomous_safe";
  const repo = sandbox.repo("code");
  repo.commit({ message: `Begin ${HIDDEN}`, files: { "TODO.md": "# To do\n\n- [ ] Sweep the floor\n" } });
  await call("repo.add", { paths: [repo.dir], project: "other", alias: `code-${HIDDEN}` });
  await call("item.add", { title: "Mine to mend", project: "app", lane });
  const add = (title: string) =>
    call("item.add", {
      title: `${title} to mend ${HIDDEN}`,
      problem: HIDDEN,
      labels: [HIDDEN],
      project: "other",
      lane,
    });
  for (const title of ["Ready", "Leased", "Reviewed", "Asked"]) await add(title);
  await call("link.add", { ref: "OB-1", kind: "blocked_by", to: "OB-2" });
  await call("link.add", { ref: "OB-2", kind: "relates", to: "OB-1" });
  await call("item.move", { ref: "OB-2", lane });
  const eve = human("eve");
  const claim = async (ref: string) => Claimed.parse(await call("claim", { ref }, { as: eve })).lease.id;
  const review = await claim("OB-4");
  await call("finish", { lease: review, outcome: "no_change", note: HIDDEN }, { as: eve });
  const asked = await claim("OB-5");
  await call("ask", { lease: asked, question: HIDDEN, options: [HIDDEN, "No"] }, { as: eve });
  const lease = await claim("OB-3");
  await call("note", { ref: "OB-3", text: HIDDEN });
  await call("plan.set", { ref: "OB-2", body: HIDDEN });
  await call("evidence.add", { ref: "OB-2", evidence: { kind: "pr", value: HIDDEN } });
  await call("propose", { title: `Wish to mend ${HIDDEN}`, project: "other" }, { as: agent() });
  const todo = join(repo.dir, "TODO.md");
  await call("todo.import", { files: [todo], project: "other" });
  await call("gate.approve", { candidates: ["C-2"] });
  await call("item.edit", { ref: "OB-6", title: `Sweep ${HIDDEN}` }, { as: eve });
  await call("git.scan", {});
  const repoId = (await store.projects.repos({ projectId: other.id, host: "here" }))[0]?.id ?? 0;
  const times = { authoredAt: 1, committedAt: 1, authorName: HIDDEN, authorEmail: "a@b.example" };
  const commit = {
    repoId,
    sha: parseSha(SHA),
    parents: [],
    subject: `${HIDDEN} OB-2`,
    refs: [],
    reverts: [],
    ...times,
  };
  await store.commits.record({ repoId, commits: [commit] });
  await store.claims.pause({ by: human(), scope: "project", name: "other", reason: HIDDEN });
  await store.items.add({
    by: human(),
    item: {
      projectId: other.id,
      title: `Part ${HIDDEN}`,
      spec: EMPTY_SPEC,
      parentId: 1,
      lane: "requires_triage",
    },
  });
  await call("token.create", { as: "ai:codex", role: "agent" });
  const bearer = { interface: "http", host: "here" } as const;
  const grant = { id: 1, actor: parseActor("human:eve"), role: "admin" } as const;
  return {
    ...bench,
    scoped: tokenCaller({ ...grant, projects: [app.id] }, bearer),
    unscoped: tokenCaller(grant, bearer),
    lease,
    todo,
    other: async () => {
      const items = [2, 3, 4, 5, 6, 7].map((id) => store.items.get({ id }));
      const candidates = [1, 2].map((id) => store.gate.get({ id }));
      const { items: events } = await store.history.events({ newestFirst: true, page: { limit: 1_000 } });
      return {
        items: await Promise.all(items),
        candidates: await Promise.all(candidates),
        run: await store.runs.get({ id: 3 }),
        project: await store.projects.byId({ id: other.id }),
        repos: await store.projects.repos({ projectId: other.id, host: "here" }),
        heads: await store.commits.heads({ repoId }),
        pauses: await store.claims.pauses(),
        events: events
          .filter(
            ({ stream, streamId: id }) =>
              !(stream === "item" && id === 1) && !(stream === "candidate" && id > 2),
          )
          .map(({ id }) => id),
        settings: await store.projects.settings(),
      };
    },
  };
}
