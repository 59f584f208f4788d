import type { Generated } from "kysely";
import type { ItemTable } from "./item/item-row.ts";
import type { PullRequestTable } from "./git/pull-request-schema.ts";
import type { DenialTable, TokenTable } from "./token/access-schema.ts";
import type {
  EventTable,
  EventPayloadTable,
  EventBlockTable,
  SealTable,
  EventSealTable,
} from "./history/event-schema.ts";

export type { ItemTable };

/** The tables as both databases have them. Meanings: the migrations and the domain types they are read into. */
export interface SettingTable {
  key: string;
  value: string;
}

interface FormerPrefixTable {
  prefix: string;
  since: number;
}

interface RefAliasTable {
  prefix: string;
  number: number;
  item_id: number;
}

interface LaneTable {
  name: string;
  rank: number;
  role: "triage" | "decision" | "investigation" | "manual" | "agent";
}

export interface ProjectTable {
  id: Generated<number>;
  uid: string;
  alias: string;
  name: string;
  weight: Generated<number>;
  max_leases: number | null;
  landing: "pr" | "merge" | "branch" | "none";
  check_command: string | null;
  policy: Generated<string>;
  archived_at: number | null;
  spent_until: number | null;
  created_by: string;
  created_at: number;
  version: Generated<number>;
  event_n: Generated<number>;
}

export interface RepoTable {
  id: Generated<number>;
  uid: string;
  project_id: number;
  alias: string;
  remote: string | null;
  root_commit: string | null;
  default_branch: string | null;
  target: Generated<"local" | "remote">;
  setup_command: string | null;
  copies: Generated<string>;
  caches: Generated<string>;
  test_paths: Generated<string>;
  protected_paths: Generated<string>;
  fast_forward: Generated<number>;
  removed_at: number | null;
  created_by: string;
  created_at: number;
  version: Generated<number>;
  event_n: Generated<number>;
}

export interface CheckoutTable {
  repo_id: number;
  host: string;
  path: string;
  common_dir: string;
}

interface ItemSpecTable {
  item_id: number;
  spec: string;
}

interface ItemLabelTable {
  label: string;
  item_id: number;
}

interface ItemRepoTable {
  item_id: number;
  repo_id: number;
  role: "target" | "context";
}

interface ItemPathTable {
  item_id: number;
  repo_id: number;
  prefix: string;
  pattern: string;
}

interface QueueTable {
  class: string;
  needs: string;
  project_id: number;
}

interface LinkTable {
  from_id: number;
  kind: "blocked_by" | "discovered_from" | "duplicates" | "supersedes" | "recurs" | "relates";
  to_kind: "item" | "candidate";
  to_id: number;
  amendment: string | null;
  created_by: string;
  created_at: number;
}

export interface CandidateTable {
  id: Generated<number>;
  uid: string;
  project_id: number;
  title: string;
  spec: string;
  wishes: Generated<string>;
  state: "pending" | "approved" | "rejected" | "merged" | "expired";
  source: string;
  rule: string | null;
  source_text: string | null;
  external_system: string | null;
  external_key: string | null;
  fingerprint: string;
  proposed_by: string;
  proposed_at: number;
  touched_at: number;
  captured_on: string | null;
  run_id: number | null;
  decided_by: string | null;
  decided_at: number | null;
  reason: string | null;
  item_id: number | null;
  recurs_id: number | null;
  version: Generated<number>;
  event_n: Generated<number>;
}

/** What an import made of one file, as it was then. */
interface ImportedFileTable {
  system: string;
  origin: string;
  /** sha256 of all that reading it depends on. */
  digest: string;
  /** JSON. */
  entries: string;
}

export interface QuestionTable {
  id: Generated<number>;
  item_id: number;
  question: string;
  options: string;
  default_option: string | null;
  deadline: number | null;
  asked_of: string | null;
  asked_by: string;
  asked_at: number;
  run_id: number | null;
  default_allowed_by: string | null;
  answer: string | null;
  reason: string | null;
  answered_by: string | null;
  answered_at: number | null;
}

export interface NoteTable {
  id: Generated<number>;
  item_id: number;
  actor: string;
  at: number;
  run_id: number | null;
  kind: string;
  holder: Generated<number>;
  body: string;
}

export interface PlanTable {
  item_id: number;
  version: number;
  body: string;
  actor: string;
  at: number;
  run_id: number | null;
}

export interface EvidenceTable {
  id: Generated<number>;
  item_id: number;
  run_id: number | null;
  kind: string;
  value: string;
  actor: string;
  at: number;
}

export interface RunTable {
  id: Generated<number>;
  uid: string;
  item_id: number;
  lease_id: string;
  holder: string;
  runner: string | null;
  host: string | null;
  worker: string | null;
  worker_id: string | null;
  agent: string | null;
  token: string | null;
  session_id: string | null;
  /** Id of the run whose session went on in this one. */
  resumes: number | null;
  plan_version: number | null;
  started_at: number;
  ended_at: number | null;
  outcome: string | null;
  reason: string | null;
  reported: string | null;
  result: string | null;
  usage: string | null;
  cost_usd: number | null;
  tokens: number | null;
  worked_ms: number | null;
  spent_day: number | null;
  log_path: string | null;
  log_bytes: number | null;
  /** While its check runs, or where its worker died in it. */
  isolation: string | null;
  check_began_at: number | null;
  check_losses: Generated<number>;
}

interface RunRepoTable {
  run_id: number;
  repo_id: number;
  target: string;
  worktree: string | null;
  branch: string | null;
  base_sha: string | null;
  head_sha: string | null;
}

/** What a project's runs spent on one UTC day. Follows from the runs. */
interface SpendingTable {
  project_id: number;
  day: number;
  tokens: number;
  usd: number;
  ms: number;
}

export interface LandingTable {
  id: Generated<number>;
  run_id: number;
  item_id: number;
  repo_id: number;
  target: string;
  tip: string;
  merge_sha: string;
  patch_id: string | null;
  state: "intended" | "landed" | "abandoned";
  actor: string;
  at: number;
  settled_at: number | null;
}

interface LandingLockTable {
  repo_id: number;
  target: string;
  lease_id: string;
  holder: string;
  fence: number;
  expires_at: number;
}

export interface GitCommitTable {
  repo_id: number;
  sha: string;
  parents: string;
  subject: string;
  author_name: string;
  author_email: string;
  authored_at: number;
  committed_at: number;
  patch_id: string | null;
}

interface CommitRefTable {
  repo_id: number;
  sha: string;
  prefix: string;
  number: number;
  sub: Generated<string>;
  closes: number;
}

interface CommitRevertTable {
  repo_id: number;
  reverted: string;
  sha: string;
}

interface BranchHeadTable {
  repo_id: number;
  name: string;
  sha: string;
  seen_at: number;
}

interface WorkerTable {
  id: string;
  host: string;
  identity: string;
  actor: string;
  started_at: number;
  seen_at: number;
  stopped_at: number | null;
}

interface BreakerTable {
  runner: string;
  state: string;
  updated_at: number;
}

interface SweepHoldTable {
  kind: "candidate" | "item";
  id: number;
  session: string;
  expires_at: number;
}

interface PauseTable {
  scope: "workspace" | "project" | "runner";
  name: string;
  actor: string;
  at: number;
  reason: string | null;
}

interface IdempotencyTable {
  key: string;
  actor: string;
  operation: string;
  input_hash: string;
  output: string;
  at: number;
}

export interface Tables {
  setting: SettingTable;
  former_prefix: FormerPrefixTable;
  ref_alias: RefAliasTable;
  lane: LaneTable;
  project: ProjectTable;
  repo: RepoTable;
  checkout: CheckoutTable;
  item: ItemTable;
  item_spec: ItemSpecTable;
  item_label: ItemLabelTable;
  item_repo: ItemRepoTable;
  item_path: ItemPathTable;
  queue: QueueTable;
  link: LinkTable;
  candidate: CandidateTable;
  imported_file: ImportedFileTable;
  question: QuestionTable;
  note: NoteTable;
  plan: PlanTable;
  evidence: EvidenceTable;
  run: RunTable;
  run_repo: RunRepoTable;
  spending: SpendingTable;
  landing: LandingTable;
  pull_request: PullRequestTable;
  landing_lock: LandingLockTable;
  git_commit: GitCommitTable;
  commit_ref: CommitRefTable;
  commit_revert: CommitRevertTable;
  branch_head: BranchHeadTable;
  worker: WorkerTable;
  breaker: BreakerTable;
  pause: PauseTable;
  sweep_hold: SweepHoldTable;
  idempotency: IdempotencyTable;
  token: TokenTable;
  denial: DenialTable;
  event: EventTable;
  event_payload: EventPayloadTable;
  event_block: EventBlockTable;
  seal: SealTable;
  event_seal: EventSealTable;
}
