import { requireHuman } from "#domain/caller.ts";
import { Spec } from "#domain/item/spec.ts";
import { candidateRef } from "#domain/ref.ts";
import { takeOut, takeOutOfJson } from "#domain/text/redaction.ts";
import type { HistoryStore, Redacted } from "#operations/ports/store/history-store.ts";
import type { Core, Unit } from "#store/core.ts";
import type { Database, Tx } from "#store/dialect.ts";
import { recordWorkspaceEvent } from "./events.ts";
import { lockItem, replaceItem } from "#store/item/item-save.ts";
import { findInHistory, type HistoryFinds, takeOutOfHistory } from "./redact-history.ts";
import { findInTexts, type TextFind, takeOutOfTexts, holdsText } from "./redact-texts.ts";
import { refOf } from "#store/item/refs.ts";
import { readSpec, writeSpec } from "#store/item/specs.ts";

type Request = Parameters<HistoryStore["redact"]>[0];

/** Ids of entries that the redaction's own entry names. */
const NAMED = 1_000;

/** Everything that holds the text. */
interface Finds {
  readonly history: HistoryFinds;
  readonly texts: readonly TextFind[];
  /** Items whose title or spec holds it. */
  readonly items: readonly number[];
}

/** Takes a text out of all that is kept, in one transaction; a dry run only counts. */
export async function redact(core: Core, request: Request): Promise<Redacted> {
  requireHuman(request.by, "take a text out of the history");
  if (request.dryRun) return core.read(async (db) => counted(await find(core, db, request)));
  return core.write(request.by, "log.redact", async (unit) => {
    await core.dialect.lock(unit.tx, "archive");
    const finds = await find(core, unit.tx, request);
    const counts = counted(finds);
    if (counts.entries + counts.texts === 0) return counts;
    await takeOutOfHistory(unit, finds.history, request.text);
    await takeOutOfTexts(unit, finds.texts);
    for (const id of finds.items) await takeOutOfItem(unit, id, request.text);
    await recordWorkspaceEvent(unit, await facts(unit, request, finds, counts));
    return counts;
  });
}

async function find(core: Core, db: Database | Tx, { of, text }: Request): Promise<Finds> {
  const history = await findInHistory(core, db, text, of);
  return { history, texts: await findInTexts(core, db, text, of), items: await itemsWith(db, text, of) };
}

const counted = ({ history: { rows, blocks }, texts, items }: Finds): Redacted => {
  const archived = blocks.reduce((sum, { ids }) => sum + ids.length, 0);
  return { entries: rows.length + archived, archived, texts: texts.length + items.length };
};

async function itemsWith(db: Database | Tx, text: string, of: Request["of"]): Promise<readonly number[]> {
  if (of?.stream === "candidate") return [];
  const rows = await db
    .selectFrom("item")
    .leftJoin("item_spec", "item_spec.item_id", "item.id")
    .select(["item.id", "item.title", "item_spec.spec"])
    .where((eb) => eb.or([holdsText("item.title", text), holdsText("item_spec.spec", text)]))
    .$if(of !== undefined, (query) => query.where("item.id", "=", of?.id ?? 0))
    .orderBy("item.id")
    .execute();
  const holds = ({ title, spec }: (typeof rows)[number]) =>
    takeOut(title, text) !== title || (spec !== null && takeOutOfJson(spec, text) !== spec);
  return rows.filter(holds).map(({ id }) => id);
}

/** Without an entry of the item's own, which would say what stood there. What search knows of it follows. */
async function takeOutOfItem(unit: Unit, id: number, text: string): Promise<void> {
  const item = await lockItem(unit, id);
  const title = takeOut(item.title, text);
  await replaceItem(unit, item, { title, version: item.version + 1 });
  const spec = takeOutOfJson(JSON.stringify(await readSpec(unit.tx, id)), text);
  await writeSpec(unit, id, Spec.parse(JSON.parse(spec)), title);
}

async function facts(unit: Unit, { of, reason }: Request, finds: Finds, counts: Redacted) {
  const { rows, blocks } = finds.history;
  const ids = [...blocks.flatMap(({ ids: own }) => own), ...rows.map(({ id }) => id)];
  const ref =
    of === undefined ? {} : { ref: of.stream === "item" ? await refOf(unit.tx, of.id) : candidateRef(of.id) };
  return { ...ref, reason, ...counts, events: ids.slice(0, NAMED) };
}
