import { fields } from "#store/row-fields.ts";
import type { Selectable } from "kysely";
import { z } from "zod";
import { BudgetSchema } from "#domain/schedule/budget.ts";
import {
  type LandingRule,
  type Project,
  type ProjectPolicy,
  type Repo,
  SANDBOXES,
} from "#operations/ports/store/project-store.ts";
import type { Database, Tx } from "#store/dialect.ts";
import type { CheckoutTable, ProjectTable, RepoTable } from "#store/schema.ts";

const Rule = z.lazy(() =>
  z.object({
    name: z.string(),
    version: z.int(),
    source: z.string().optional(),
    label: z.string().optional(),
    lane: z.string(),
    by: z.string(),
  }),
);

/** A project's settings as stored; what is not understood is refused when written, so that a read never is. */
export const Policy = z.lazy(() =>
  z.object({
    gate: z.enum(["always", "agents", "never"]).optional(),
    prerequisites: z.enum(["candidate", "inherit"]).optional(),
    approve: z.array(Rule).optional(),
    humanReview: z.boolean().optional(),
    commitsClose: z.boolean().optional(),
    commitsCloseFrom: z.int().optional(),
    sandbox: z.enum(SANDBOXES).optional(),
    network: z.enum(["on", "off"]).optional(),
    fastForward: z.boolean().optional(),
    questionDefaultsBy: z.string().optional(),
    budget: BudgetSchema.optional(),
    dayBudget: BudgetSchema.optional(),
  }),
);

const Strings = z.lazy(() => z.array(z.string()));

/** What the column says; most projects set nothing. */
export const readPolicy = (text: string): ProjectPolicy =>
  text === "{}" ? {} : Policy.parse(JSON.parse(text));

export function readProject(row: Selectable<ProjectTable>): Project {
  return {
    ...fields(row, "id alias name weight max_leases landing archived_at version"),
    check: row.check_command,
    policy: readPolicy(row.policy),
  };
}

export async function projectPolicy(
  db: Database | Tx,
  projectId: number,
): Promise<{ landing: LandingRule; policy: ProjectPolicy }> {
  const row = await db
    .selectFrom("project")
    .select(["landing", "policy"])
    .where("id", "=", projectId)
    .executeTakeFirstOrThrow();
  return { landing: row.landing, policy: readPolicy(row.policy) };
}

/** The column's word: 0 where nothing was said. */
export const fastForwardColumn = (said: boolean | undefined): number =>
  said === undefined ? 0 : said ? 1 : -1;

export function readRepo(
  row: Selectable<RepoTable> & { project: string },
  checkout: Selectable<CheckoutTable> | undefined,
): Repo {
  return {
    ...fields(row, "id project_id project alias remote root_commit default_branch target version"),
    setup: row.setup_command,
    copies: Strings.parse(JSON.parse(row.copies)),
    caches: Strings.parse(JSON.parse(row.caches)),
    testPaths: Strings.parse(JSON.parse(row.test_paths)),
    protectedPaths: Strings.parse(JSON.parse(row.protected_paths)),
    fastForward: row.fast_forward === 0 ? null : row.fast_forward > 0,
    path: checkout?.path ?? null,
    commonDir: checkout?.common_dir ?? null,
  };
}
