import { z } from "zod";

/** What `isoTime` writes. */
export const IsoTime = z.lazy(() => z.iso.datetime());

/**
 * A time as every answer shows it: ISO 8601, UTC, milliseconds.
 * @param ms epoch milliseconds; null is a time that never was
 */
export function isoTime(ms: number): string;
export function isoTime(ms: number | null | undefined): string | undefined;
export function isoTime(ms: number | null | undefined): string | undefined {
  return ms === null || ms === undefined ? undefined : new Date(ms).toISOString();
}
