import type { Generated } from "kysely";

/** What a forge was asked to merge. */
export interface PullRequestTable {
  id: Generated<number>;
  run_id: number;
  item_id: number;
  repo_id: number;
  number: number;
  url: string;
  branch: string;
  target: string;
  state: "open" | "merged" | "closed";
  merge_sha: string | null;
  actor: string;
  opened_at: number;
  looked_at: number;
  settled_at: number | null;
}
