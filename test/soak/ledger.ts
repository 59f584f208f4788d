import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { z } from "zod";

/** What the store said to a process, written down before the process does anything else. Times are the database's, epoch milliseconds. */
export const LedgerLine = z.discriminatedUnion("did", [
  z.object({ did: z.literal("add"), id: z.number(), title: z.string() }),
  z.object({
    did: z.literal("claim"),
    id: z.number(),
    run: z.number(),
    expiresAt: z.number(),
    /** How long the call took, milliseconds. */
    tookMs: z.number(),
  }),
  z.object({ did: z.literal("heartbeat"), id: z.number(), run: z.number(), expiresAt: z.number() }),
  z.object({ did: z.literal("note"), id: z.number(), run: z.number(), note: z.number() }),
  z.object({ did: z.literal("plan"), id: z.number(), run: z.number(), version: z.number() }),
  z.object({ did: z.literal("finish"), id: z.number(), run: z.number() }),
  z.object({ did: z.literal("release"), id: z.number(), run: z.number() }),
  z.object({ did: z.literal("block"), id: z.number(), run: z.number() }),
  z.object({ did: z.literal("refused"), code: z.string() }),
  z.object({ did: z.literal("bug"), message: z.string() }),
]);
export type LedgerLine = z.infer<typeof LedgerLine>;

/** Appends lines that outlast the process: each is on the disk when the call returns. */
export function openLedger(path: string): { write: (line: LedgerLine) => void; close: () => void } {
  const file = openSync(path, "a");
  return {
    write: (line) => {
      writeSync(file, `${JSON.stringify(line)}\n`);
      fsyncSync(file);
    },
    close: () => closeSync(file),
  };
}

/** All whole lines of a ledger; a killed process may have left half a line. */
export function readLedger(path: string): readonly LedgerLine[] {
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => LedgerLine.parse(JSON.parse(line)));
}
