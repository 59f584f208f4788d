import type { Answer } from "#cli/present/presenter.ts";

const AT = "2026-01-01T11:57:00Z";

type Item = Answer<"item.list">["items"][number];
type WholeItem = NonNullable<Answer<"item.show">["item"]>;

/** An item as lists have it. */
export const listedItem = (more: Partial<Item>): Item => ({
  ref: "OB-1",
  id: "0",
  title: "Fix it",
  state: "open",
  lane: "autonomous_safe",
  kind: "code",
  type: "task",
  project: "app",
  labels: [],
  needs: [],
  version: 1,
  urgent: false,
  ready_at: AT,
  waits_for_trigger: false,
  attempts: 0,
  losses: 0,
  open_blockers: 0,
  open_children: 0,
  created_by: "human:ada",
  created_at: AT,
  updated_at: AT,
  ...more,
});

/** An item with nothing but its title, and what a test adds. */
export const wholeItem = (
  more: Partial<Omit<WholeItem, "spec">> & { readonly spec?: Partial<WholeItem["spec"]> },
): WholeItem => ({
  ...listedItem({}),
  repos: [],
  paths: [],
  links: [],
  blocks: [],
  children: [],
  notes: [],
  questions: [],
  evidence: [],
  ...more,
  spec: { steps: [], risks: [], acceptance: [], premises: [], ...more.spec },
});
