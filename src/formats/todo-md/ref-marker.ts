import type { Mask, Range } from "./markdown-block.ts";

/** `<!-- sluice:OB-12 fix-login -->`: the item's ref, and the key it had when the ref was written, which keeps it for good. */
export interface RefMarker extends Range {
  readonly ref: string;
  readonly key: string | undefined;
}

const MARKER = /^<!--[ \t]*sluice:([A-Z][A-Z0-9]{0,9}-[1-9]\d{0,11})(?:[ \t]+([^\s<>]{1,200}))?[ \t]*-->$/;

export function findMarker(text: string, masks: readonly Mask[]): RefMarker | undefined {
  for (const { kind, start, end } of masks) {
    const match = kind === "comment" ? MARKER.exec(text.slice(start, end)) : null;
    if (match?.[1] !== undefined) return { start, end, ref: match[1], key: match[2] };
  }
  return undefined;
}

/** The marker to write; undefined where the ref or the key cannot stand in one. */
export function markerText(ref: string, key: string): string | undefined {
  const marker = `<!-- sluice:${ref} ${key} -->`;
  return MARKER.test(marker) && !key.includes("--") ? marker : undefined;
}

/** A ref that a title begins with, as in `OB-12: Fix the login`, `[OB-12] …` or `OB-12 H2 — …`, if its prefix is one of those given. */
export function leadingRef(
  title: string,
  prefixes: readonly string[],
): { ref: string; length: number } | undefined {
  const match =
    /^(?:\[([A-Z][A-Z0-9]{0,9})-([1-9]\d{0,11})\]:?|([A-Z][A-Z0-9]{0,9})-([1-9]\d{0,11})(?::|(?=[ \t])))[ \t]*(?:[-–—][ \t]+)?/.exec(
      title,
    );
  const prefix = match?.[1] ?? match?.[3];
  const number = match?.[2] ?? match?.[4];
  if (match === null || prefix === undefined || number === undefined || !prefixes.includes(prefix))
    return undefined;
  return { ref: `${prefix}-${number}`, length: match[0].length };
}
