import { appendFile, mkdir } from "node:fs/promises";
import { dirname } from "node:path";

interface Bug {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly error: unknown;
}

/** Appends one JSON line, readable by its owner alone. False when that was not possible: a log must not hide the error. */
export async function appendBug(file: string, { id, time, error }: Bug): Promise<boolean> {
  const cause = error instanceof Error && error.cause instanceof Error ? { cause: error.cause.stack } : {};
  const what =
    error instanceof Error ? { name: error.name, stack: error.stack, ...cause } : { thrown: String(error) };
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await appendFile(file, `${JSON.stringify({ id, time: new Date(time).toISOString(), ...what })}\n`, {
      mode: 0o600,
    });
    return true;
  } catch {
    return false;
  }
}
