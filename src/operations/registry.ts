import type { AnyOperation } from "./operation.ts";

/** Every operation by name, loaded on first use so that one command does not pay for the others. The ONE list of what can be done. */
export const REGISTRY = {
  status: async () => (await import("./status/show-status.ts")).showStatus,
  starvation: async () => (await import("./status/report-starvation.ts")).reportStarvation,
  "project.add": async () => (await import("./project/add-project.ts")).addProject,
  "project.list": async () => (await import("./project/show-projects.ts")).listProjects,
  "project.show": async () => (await import("./project/show-projects.ts")).showProject,
  "project.edit": async () => (await import("./project/edit-project.ts")).editProject,
  "project.archive": async () => (await import("./project/edit-project.ts")).archiveProject,
  "repo.add": async () => (await import("./project/add-repo.ts")).addRepo,
  "repo.list": async () => (await import("./project/show-projects.ts")).listRepos,
  "repo.edit": async () => (await import("./project/edit-repo.ts")).editRepo,
  "repo.remove": async () => (await import("./project/edit-repo.ts")).removeRepo,
  "item.add": async () => (await import("./item/add-item.ts")).addItem,
  "item.list": async () => (await import("./item/list-items.ts")).listItems,
  "item.show": async () => (await import("./item/show-item.ts")).showItem,
  "item.edit": async () => (await import("./item/edit-item.ts")).editItem,
  "item.move": async () => (await import("./item/move-item.ts")).moveItem,
  "item.drop": async () => (await import("./item/item-commands.ts")).dropItem,
  "item.reopen": async () => (await import("./item/item-commands.ts")).reopenItem,
  "item.close": async () => (await import("./item/item-commands.ts")).closeItem,
  "item.unblock": async () => (await import("./item/item-commands.ts")).unblockItem,
  "item.bump": async () => (await import("./item/item-commands.ts")).bumpItem,
  "item.snooze": async () => (await import("./item/item-commands.ts")).snoozeItem,
  "link.add": async () => (await import("./item/edit-links.ts")).addLink,
  "link.remove": async () => (await import("./item/edit-links.ts")).removeLink,
  note: async () => (await import("./item/note-item.ts")).noteItem,
  decide: async () => (await import("./item/decide-item.ts")).decideItem,
  "evidence.add": async () => (await import("./item/add-evidence.ts")).addEvidence,
  propose: async () => (await import("./gate/propose.ts")).propose,
  "gate.list": async () => (await import("./gate/list-gate.ts")).listGate,
  "gate.show": async () => (await import("./gate/show-candidate.ts")).showCandidate,
  "gate.approve": async () => (await import("./gate/decide-candidates.ts")).approveCandidates,
  "gate.reject": async () => (await import("./gate/decide-candidates.ts")).rejectCandidates,
  "gate.merge": async () => (await import("./gate/decide-candidates.ts")).mergeCandidate,
  next: async () => (await import("./claim/next-item.ts")).nextItem,
  claim: async () => (await import("./claim/claim-item.ts")).claimItem,
  wait: async () => (await import("./claim/wait-ready.ts")).waitReady,
  why: async () => (await import("./claim/why-item.ts")).whyItem,
  heartbeat: async () => (await import("./claim/heartbeat.ts")).heartbeat,
  release: async () => (await import("./claim/release.ts")).release,
  block: async () => (await import("./claim/block.ts")).block,
  ask: async () => (await import("./claim/ask.ts")).ask,
  finish: async () => (await import("./claim/finish.ts")).finish,
  "plan.set": async () => (await import("./plan/plans.ts")).setPlan,
  "plan.history": async () => (await import("./plan/plans.ts")).planHistory,
  "run.list": async () => (await import("./run/show-runs.ts")).listRuns,
  "run.show": async () => (await import("./run/show-runs.ts")).showRun,
  "run.log": async () => (await import("./run/run-log.ts")).runLog,
  "run.diff": async () => (await import("./run/run-diff.ts")).runDiff,
  "run.stop": async () => (await import("./run/stop-run.ts")).stopRun,
  pause: async () => (await import("./run/pause-work.ts")).pauseWork,
  resume: async () => (await import("./run/pause-work.ts")).resumeWork,
  verify: async () => (await import("./run/verify-item.ts")).verifyItem,
  doctor: async () => (await import("./admin/doctor.ts")).doctor,
  "doctor.fix": async () => (await import("./admin/doctor.ts")).fixWorkspace,
  "lane.list": async () => (await import("./admin/lanes.ts")).listLanes,
  "lane.edit": async () => (await import("./admin/lanes.ts")).editLane,
  "config.list": async () => (await import("./admin/config.ts")).listConfig,
  "config.get": async () => (await import("./admin/config.ts")).getConfig,
  "config.set": async () => (await import("./admin/config.ts")).setConfig,
  "token.create": async () => (await import("./token/create-token.ts")).createToken,
  "token.list": async () => (await import("./token/issued-tokens.ts")).listTokens,
  "token.revoke": async () => (await import("./token/issued-tokens.ts")).revokeToken,
  "git.scan": async () => (await import("./git/scan-git.ts")).scanGit,
  "todo.import": async () => (await import("./todo/import-todo.ts")).importTodo,
  "todo.export": async () => (await import("./todo/export-todo.ts")).exportTodo,
  "todo.check": async () => (await import("./todo/check-todo.ts")).checkTodo,
  undo: async () => (await import("./admin/undo-event.ts")).undoChange,
  "log.seal": async () => (await import("./admin/log-commands.ts")).sealLog,
  "log.redact": async () => (await import("./admin/log-commands.ts")).redactLog,
  "log.archive": async () => (await import("./admin/log-commands.ts")).archiveLog,
  "log.denials": async () => (await import("./admin/list-denials.ts")).listDenials,
  log: async () => (await import("./admin/show-log.ts")).showLog,
  who: async () => (await import("./git/who-commit.ts")).whoCommit,
} as const satisfies Readonly<Record<string, () => Promise<AnyOperation>>>;

export type OperationName = keyof typeof REGISTRY;

/** What a worker writes, by name. */
export const WORKER_REGISTRY = {
  "worker.report": async () => (await import("./worker/claim-work.ts")).reportWorker,
  "worker.claim": async () => (await import("./worker/claim-work.ts")).claimWork,
  "worker.renew": async () => (await import("./worker/claim-work.ts")).renewLease,
  "worker.record": async () => (await import("./worker/record-run.ts")).recordRun,
  "worker.end": async () => (await import("./worker/record-run.ts")).endRun,
  "worker.intend": async () => (await import("./worker/land-result.ts")).intendLanding,
  "worker.settle": async () => (await import("./worker/land-result.ts")).settleLanding,
  "worker.advance": async () => (await import("./worker/review-result.ts")).advanceReview,
  "worker.return": async () => (await import("./worker/review-result.ts")).returnReview,
  "worker.leave": async () => (await import("./worker/review-result.ts")).leaveReview,
} as const satisfies Readonly<Record<string, () => Promise<AnyOperation>>>;

/** The workspace's half of commands that read and write files at the caller's place. */
const TODO_REGISTRY = {
  "todo.known": async () => (await import("./todo/file-todo.ts")).knownTodo,
  "todo.file": async () => (await import("./todo/file-todo.ts")).fileTodo,
  "todo.changes": async () => (await import("./todo/todo-changes.ts")).todoChanges,
} as const satisfies Readonly<Record<string, () => Promise<AnyOperation>>>;

/** What servers offer to programs of other machines beside the commands; none of it is a command or a tool. */
export const MACHINE_REGISTRY = { ...WORKER_REGISTRY, ...TODO_REGISTRY } as const;

/** Another word for a noun, as people type it: `sluice task add` is `sluice item add`. */
export const ALIASES: Readonly<Record<string, string>> = { task: "item" };
