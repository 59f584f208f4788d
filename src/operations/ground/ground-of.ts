import { SluiceError } from "#domain/errors.ts";
import type { Sha } from "#domain/git-ref/sha.ts";
import { type Premise, premiseText } from "#domain/ground/premise.ts";
import type { Context } from "#operations/context.ts";
import type { BriefRepo, CheckedPremise } from "#operations/item/brief.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";
import { lookAtPremise } from "./look-at-premise.ts";

interface GroundOfItem {
  readonly repos: readonly BriefRepo[];
  /** In the order of the spec. */
  readonly premises: readonly CheckedPremise[];
}

interface Place extends BriefRepo {
  readonly commonDir: string | null;
  readonly base?: Sha;
}

/**
 * Where the work of an item would start on this machine, and whether its premises hold there now. Never refuses: it is asked right after
 * a claim, whose lease would be lost with the answer. Fetches nothing.
 */
export async function groundOf(
  context: Context,
  detail: Pick<ItemDetail, "spec" | "repos">,
): Promise<GroundOfItem> {
  const { spec } = detail;
  if (detail.repos.length === 0 && spec.premises.length === 0) return { repos: [], premises: [] };
  const places = await Promise.all(detail.repos.map((repo) => placeOf(context, repo)));
  const ground = places.flatMap(({ role, commonDir, base }) =>
    role === "target" && commonDir !== null && base !== undefined ? [{ commonDir, base }] : [],
  );
  const look = async (premise: Premise): Promise<CheckedPremise> => {
    const text = premiseText(premise);
    const isChecked = premise.kind !== "command" && (premise.kind === "item" || ground.length > 0);
    if (!isChecked) return { text, isChecked };
    const { items } = context.store;
    const stateOf = async (ref: string) => (await items.get({ id: await items.resolve({ ref }) })).item.state;
    const around = { git: await context.git(), stateOf };
    const found = await orSentence(() => lookAtPremise(around, ground, premise));
    return { text, isChecked, ...(found === undefined ? {} : { found }) };
  };
  return { repos: places, premises: await Promise.all(spec.premises.map(look)) };
}

async function placeOf(
  context: Context,
  { alias, role, repoId }: ItemDetail["repos"][number],
): Promise<Place> {
  const repo = await context.store.projects.repoById({ id: repoId, host: context.caller.host });
  const start = await orNothing(() => startOf(context, repo));
  return { alias, role, commonDir: repo.commonDir, ...start };
}

/** Head of the branch that the work will land on, as it is known here. */
async function startOf(context: Context, repo: Repo): Promise<{ branch: string; base: Sha } | undefined> {
  if (repo.commonDir === null) return undefined;
  const git = await context.git();
  const branch = repo.defaultBranch ?? (await git.inspect({ path: repo.commonDir })).defaultBranch;
  if (branch === undefined) return undefined;
  const base = await git.tip({ repo: repo.commonDir, target: { kind: "local", branch } });
  return base === undefined ? undefined : { branch, base };
}

async function orNothing<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof SluiceError) return undefined;
    throw error;
  }
}

async function orSentence(look: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof SluiceError) return error.message;
    throw error;
  }
}
