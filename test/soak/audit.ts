import { MIN_LEASE_MS } from "#domain/claim/lease-change.ts";
import type { HistoryEvent } from "#operations/ports/store/history-store.ts";
import type { Store } from "#operations/ports/store.ts";
import type { LedgerLine } from "./ledger.ts";

const PAGE = 1_000;
/** Entries of the history that end a lease before its time. */
const ENDS: ReadonlySet<string> = new Set(["finish", "release", "block", "end"]);

export interface Audit {
  /** Each a sentence about something that must not be. */
  readonly breaches: readonly string[];
  readonly events: number;
  /** Leases that ran out because nobody ended them. */
  readonly expiries: number;
}

/** Compares what the store says with what it once said. Nothing may write meanwhile. */
export async function audit(store: Store, ledger: readonly LedgerLine[]): Promise<Audit> {
  const events = await itemEvents(store);
  const byItem = Map.groupBy(events, (event) => event.streamId);
  const findings = await store.history.check({ deep: true });
  const claims = events.filter(({ operation }) => operation === "claim");
  return {
    breaches: [
      ...findings
        .filter(({ severity }) => severity === "error")
        .map(({ check, ref, message }) => `doctor, ${check} ${ref ?? ""}: ${message}`),
      ...ledger.flatMap((line) => (line.did === "bug" ? [`A call threw: ${line.message}`] : [])),
      ...gaps(byItem),
      ...lost(ledger, events),
      ...overlaps(byItem, ledger),
    ],
    events: events.length,
    expiries: claims.filter(({ streamId, n }) => endOf(byItem.get(streamId) ?? [], n) === undefined).length,
  };
}

async function itemEvents(store: Store): Promise<readonly HistoryEvent[]> {
  const all: HistoryEvent[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await store.history.events({
      stream: "item",
      newestFirst: false,
      page: { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) },
    });
    all.push(...page.items);
    if (page.next === null) return all;
    cursor = page.next;
  }
}

/** Each change is one event: the numbers of a stream leave nothing out and repeat nothing. */
function gaps(byItem: ReadonlyMap<number, readonly HistoryEvent[]>): readonly string[] {
  return Array.from(byItem).flatMap(([id, events]) => {
    const numbers = events.map(({ n }) => n).toSorted((a, b) => a - b);
    return numbers.every((n, at) => n === at + 1) ? [] : [`Item ${id} has the entries ${numbers.join(" ")}`];
  });
}

/** Whatever was acknowledged stands in the history, once where it can be done once. */
function lost(ledger: readonly LedgerLine[], events: readonly HistoryEvent[]): readonly string[] {
  const found = new Map<string, number>();
  for (const { streamId, runId, operation } of events) {
    const key = `${operation} ${streamId} ${runId ?? ""}`;
    found.set(key, (found.get(key) ?? 0) + 1);
  }
  const acked = new Map<string, number>();
  for (const line of ledger) {
    const key = keyOf(line);
    if (key !== undefined) acked.set(key, (acked.get(key) ?? 0) + 1);
  }
  return Array.from(acked).flatMap(([key, times]) => {
    const kept = found.get(key) ?? 0;
    const isRepeatable = key.startsWith("note") || key.startsWith("plan");
    return kept === times || (isRepeatable && kept > times)
      ? []
      : [`${key}: acknowledged ${times}, kept ${kept}`];
  });
}

/** As the history names it: operation, item, run. */
function keyOf(line: LedgerLine): string | undefined {
  switch (line.did) {
    case "add":
      return `add ${line.id} `;
    case "claim":
    case "note":
    case "finish":
    case "release":
    case "block":
      return `${line.did} ${line.id} ${line.run}`;
    case "plan":
      return `plan.set ${line.id} ${line.run}`;
    case "heartbeat":
    case "refused":
    case "bug":
      return undefined;
  }
}

/** A lease begins only when the one before was ended, or had run out by what its holder was told. */
function overlaps(
  byItem: ReadonlyMap<number, readonly HistoryEvent[]>,
  ledger: readonly LedgerLine[],
): readonly string[] {
  const told = new Map<number, number>();
  for (const line of ledger)
    if (line.did === "claim" || line.did === "heartbeat")
      told.set(line.run, Math.max(told.get(line.run) ?? 0, line.expiresAt));
  return Array.from(byItem).flatMap(([id, events]) => {
    const claims = events.filter(({ operation }) => operation === "claim");
    return claims.slice(1).flatMap((next, at) => {
      const before = claims[at];
      if (before === undefined || endOf(events, before.n) !== undefined) return [];
      const until = Math.max(before.at + MIN_LEASE_MS, told.get(before.runId ?? 0) ?? 0);
      return next.at >= until
        ? []
        : [`Item ${id}: run ${next.runId} began at ${next.at}, run ${before.runId} held it until ${until}`];
    });
  });
}

/** The entry that ended the lease of claim `n`; undefined where none did. */
function endOf(events: readonly HistoryEvent[], n: number): HistoryEvent | undefined {
  const claim = events.find((event) => event.n === n);
  return events.find((event) => event.n > n && event.runId === claim?.runId && ENDS.has(event.operation));
}
