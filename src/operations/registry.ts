import type { AnyOperation } from "./operation.ts";

/** Every operation by name, loaded on first use so that one command does not pay for the others. The ONE list of what can be done. */
export const REGISTRY = {
  "item.add": async () => (await import("./item/add-item.ts")).addItem,
  "item.list": async () => (await import("./item/list-items.ts")).listItems,
  "item.show": async () => (await import("./item/show-item.ts")).showItem,
  "item.edit": async () => (await import("./item/edit-item.ts")).editItem,
  "item.move": async () => (await import("./item/move-item.ts")).moveItem,
  "item.drop": async () => (await import("./item/drop-item.ts")).dropItem,
  "item.reopen": async () => (await import("./item/reopen-item.ts")).reopenItem,
  "item.close": async () => (await import("./item/close-item.ts")).closeItem,
  "item.unblock": async () => (await import("./item/unblock-item.ts")).unblockItem,
  "item.bump": async () => (await import("./item/bump-item.ts")).bumpItem,
  "item.snooze": async () => (await import("./item/snooze-item.ts")).snoozeItem,
  "link.add": async () => (await import("./item/add-link.ts")).addLink,
  "link.remove": async () => (await import("./item/remove-link.ts")).removeLink,
  note: async () => (await import("./item/note-item.ts")).noteItem,
  decide: async () => (await import("./item/decide-item.ts")).decideItem,
  "evidence.add": async () => (await import("./item/add-evidence.ts")).addEvidence,
  propose: async () => (await import("./gate/propose.ts")).propose,
  "gate.list": async () => (await import("./gate/list-gate.ts")).listGate,
  "gate.approve": async () => (await import("./gate/approve-candidates.ts")).approveCandidates,
  "gate.reject": async () => (await import("./gate/reject-candidates.ts")).rejectCandidates,
  "gate.merge": async () => (await import("./gate/merge-candidate.ts")).mergeCandidate,
  next: async () => (await import("./claim/next-item.ts")).nextItem,
  claim: async () => (await import("./claim/claim-item.ts")).claimItem,
  wait: async () => (await import("./claim/wait-ready.ts")).waitReady,
  why: async () => (await import("./claim/why-item.ts")).whyItem,
  heartbeat: async () => (await import("./claim/heartbeat.ts")).heartbeat,
  release: async () => (await import("./claim/release.ts")).release,
  block: async () => (await import("./claim/block.ts")).block,
  ask: async () => (await import("./claim/ask.ts")).ask,
  finish: async () => (await import("./claim/finish.ts")).finish,
  "plan.set": async () => (await import("./plan/set-plan.ts")).setPlan,
  "plan.history": async () => (await import("./plan/plan-history.ts")).planHistory,
} as const satisfies Readonly<Record<string, () => Promise<AnyOperation>>>;

/** Another word for a noun, as people type it: `sluice task add` is `sluice item add`. */
export const ALIASES: Readonly<Record<string, string>> = { task: "item" };
