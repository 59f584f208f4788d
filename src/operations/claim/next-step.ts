import type { Item } from "#domain/item/item.ts";
import type { RefOf } from "#operations/item/item-ref.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { Store } from "#operations/ports/store.ts";
import { reportedRun } from "#operations/run/reported-run.ts";

/** What a person does so that an item in review or a blocked one goes on; undefined where somebody is at it, and for all others. */
export async function nextStep(store: Store, detail: ItemDetail, refOf: RefOf): Promise<string | undefined> {
  const { item } = detail;
  const ref = refOf(item.id);
  if (item.leaseId !== null) return undefined;
  if (isBlockedForPerson(item)) return `${blockedBy(detail)}. Then: sluice item unblock ${ref}`;
  switch (item.phase) {
    case null:
      return undefined;
    case "verify":
      return isLeftToPerson(item)
        ? `${leftWith(detail)}. Then: sluice work --until-empty`
        : "Let a worker check it: sluice work --until-empty";
    case "human":
    case "evidence":
      return `Look at it, then approve it: sluice verify ${ref}`;
    case "land":
      return isLeftToPerson(item)
        ? `${leftWith(detail)}. Then: sluice land ${ref}`
        : `Land it: sluice land ${ref}`;
    case "await_git":
      return (await toBeMerged(store, detail)) ?? unnamed(ref);
  }
}

/** A worker looked at its check or landing and put it off until a person has done something. */
export const isLeftToPerson = ({ notBefore }: { readonly notBefore: number | null }): boolean =>
  notBefore !== null;

/** What can be done about a result that no commit is known of. */
export const unnamed = (ref: string): string =>
  `No commit is on record for it. Commit with ${ref} in the message, then: sluice evidence add ${ref} commit=SHA, and sluice git scan. Without a change to land: sluice item close ${ref} --reason TEXT`;

/** It waits for no other item and no candidate: nothing but a person unblocks it. */
const isBlockedForPerson = ({ state, openBlockers }: Pick<Item, "state" | "openBlockers">): boolean =>
  state === "blocked" && openBlockers === 0;

const blockedBy = ({ notes }: ItemDetail): string =>
  notes.findLast(({ kind }) => kind === "block")?.body ?? "Fix what stopped it";

/** The worker's newest remark on the review; it names the command by which a person takes the work. */
const leftWith = ({ notes }: ItemDetail): string =>
  notes.findLast(({ kind }) => kind === "review")?.body ?? "A worker left it to a person";

async function toBeMerged(store: Store, { item, evidence }: ItemDetail): Promise<string | undefined> {
  const last = (kind: string) => evidence.findLast((one) => one.kind === kind)?.value;
  const pullRequest = last("pr");
  if (pullRequest !== undefined) return `Merge ${pullRequest}, then: sluice git scan`;
  const commit = last("commit");
  if (commit !== undefined) return `Bring ${commit} to the target branch, then: sluice git scan`;
  const newest = await reportedRun(store, item.id);
  const branches = (newest?.repos ?? []).flatMap(({ branch, target, headSha, baseSha }) =>
    branch === null || headSha === baseSha ? [] : [`${branch} into ${target}`],
  );
  return branches.length === 0 ? undefined : `Merge ${branches.join(" and ")}, then: sluice git scan`;
}
