import { z } from "zod";
import { formatActor } from "#domain/actor.ts";
import { requireHuman } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import { candidateRef } from "#domain/ref.ts";
import type { HistoryStore, Undone } from "#operations/ports/store/history-store.ts";
import type { Core, Unit } from "#store/core.ts";
import { withPayloads } from "#store/history/payloads.ts";
import { refOf } from "./refs.ts";
import { REVERSALS, type Change } from "./undo-change.ts";

type Request = Parameters<HistoryStore["undo"]>[0];

/** Entries of the caller that are looked through for the last one that still stands. */
const LOOKED_AT = 500;

const Told = z.record(z.string(), z.unknown());
const Undoes = z.object({ n: z.number() });

/** What to do instead, for what has no meaning to take back; REF becomes the ref of what it is about. */
const INSTEAD: Readonly<Record<string, string>> = {
  note: "A note stays; write another with: sluice note REF TEXT",
  "plan.set": "A plan keeps its versions; set the earlier one again with: sluice plan set REF",
  "evidence.add": "Evidence stays; say in a note what is wrong with it",
  decide: "Others may have acted on the answer; move the item with: sluice item move REF --lane LANE",
  add: "Drop the item with: sluice item drop REF --reason TEXT",
  "gate.approve": "Drop the item with: sluice item drop",
  "gate.merge": "Propose it again with: sluice propose",
  "item.close": "Open it again with: sluice item reopen REF --reason TEXT",
  "item.reopen": "Close or drop it again with: sluice item close REF, or sluice item drop REF",
  "item.unblock": "Block it again with: sluice block --item REF --note TEXT",
  block: "Unblock it with: sluice item unblock REF",
  claim: "Give the lease back with: sluice release",
};

/** Takes the caller's last change back, as a change of its own that names the first. Refuses with `conflict` and the reason. */
export function undo(core: Core, request: Request): Promise<Undone> {
  requireHuman(request.by, "take a change back");
  return core.write(request.by, "undo", async (unit) => {
    const change = await lastChange(unit, request);
    if (change.isRedacted) throw wasRedacted(change);
    const reverse = REVERSALS[change.operation];
    if (reverse === undefined) throw hasNoReverse(change);
    const { n, operation } = change;
    const undoes = { n, operation, actor: formatActor(unit.by.actor) };
    await reverse({ ...unit, facts: { undoes } }, change);
    return { stream: change.stream, id: change.id, n, operation };
  });
}

async function lastChange(unit: Unit, request: Request): Promise<Change> {
  const { stream, streamId, n } = request;
  const rows = await unit.tx
    .selectFrom("event")
    .selectAll("event")
    .where("event.actor", "=", formatActor(unit.by.actor))
    .where("event.stream", "in", stream === undefined ? ["item", "candidate"] : [stream])
    .$if(streamId !== undefined, (query) => query.where("event.stream_id", "=", streamId ?? 0))
    .orderBy("event.id", "desc")
    .limit(LOOKED_AT)
    .execute();
  const taken = new Set<string>();
  for (const row of await withPayloads(unit.tx, rows)) {
    const changes = Told.parse(JSON.parse(row.changes));
    const undoes = Undoes.safeParse(changes["undoes"]);
    if (undoes.success) taken.add(`${row.stream}:${row.stream_id}:${undoes.data.n}`);
    else if (!taken.has(`${row.stream}:${row.stream_id}:${row.n}`) && (n === undefined || row.n === n))
      return {
        stream: row.stream === "candidate" ? "candidate" : "item",
        id: row.stream_id,
        n: row.n,
        operation: row.operation,
        name: row.stream === "candidate" ? candidateRef(row.stream_id) : await refOf(unit.tx, row.stream_id),
        changes,
        isRedacted: row.redacted_at !== null,
      };
  }
  throw new SluiceError("not_found", "There is no change of yours to take back", {
    hint: "See who did what with: sluice log",
  });
}

const wasRedacted = ({ name, n, operation }: Change): SluiceError =>
  new SluiceError(
    "conflict",
    `Something was taken out of entry ${n} of ${name}, so that it cannot be taken back`,
    {
      hint: "Write what shall be there anew: sluice item edit",
      details: { ref: name, entry: n, operation },
    },
  );

function hasNoReverse({ name, n, operation }: Change): SluiceError {
  return new SluiceError("conflict", `Entry ${n} of ${name} is ${operation}, which cannot be taken back`, {
    hint:
      INSTEAD[operation]?.replaceAll("REF", name) ??
      "Name an earlier change of yours with: sluice undo REF --entry N, see sluice log REF",
    details: { ref: name, entry: n, operation },
  });
}
