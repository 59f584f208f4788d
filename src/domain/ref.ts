import { invalidField } from "./errors.ts";

/** What a ref names: an item by the workspace's prefix, a candidate by `C`, a run by `R`. */
export type RefKind = "item" | "candidate" | "run";

export interface Ref {
  readonly kind: RefKind;
  /** Upper case; `C` and `R` are candidates and runs, anything else an item prefix (current or former); empty where none was given. */
  readonly prefix: string;
  readonly number: number;
}

/** Largest number of a ref: the largest integer that JSON carries exactly. */
const MAX_NUMBER = Number.MAX_SAFE_INTEGER;
const REF = /^(?:([A-Za-z][A-Za-z0-9]{0,9})-)?([1-9][0-9]{0,15})$/;
const PREFIX = /^[A-Z][A-Z0-9]{0,9}$/;

/**
 * Reads `OB-12`, `C-7`, `R-31`, in any letter case, and `12` for one of the kind that is asked for. Refuses with `invalid` what is not a
 * ref, or overflows.
 */
export function parseRef(text: string, asked: RefKind = "item"): Ref {
  const [, prefix, digits] = REF.exec(text) ?? [];
  const number = Number(digits);
  if (!(number <= MAX_NUMBER))
    throw invalidField("ref", text, "a ref such as OB-12 (item), C-7 (candidate) or R-31 (run)");
  if (prefix === undefined) return { kind: asked, prefix: "", number };
  const upper = prefix.toUpperCase();
  return { kind: upper === "C" ? "candidate" : upper === "R" ? "run" : "item", prefix: upper, number };
}

/** Checks a workspace's item prefix: 1 to 10 capitals or digits, not `C` or `R`, which name candidates and runs. */
export function parsePrefix(text: string): string {
  const prefix = text.toUpperCase();
  if (!PREFIX.test(prefix) || prefix === "C" || prefix === "R")
    throw invalidField("prefix", text, "1 to 10 letters or digits, a letter first, and neither C nor R");
  return prefix;
}

/** @param prefix empty for a number alone */
export function formatRef(prefix: string, number: number): string {
  return prefix === "" ? String(number) : `${prefix}-${number}`;
}

export const candidateRef = (id: number): string => `C-${id}`;
export const runRef = (id: number): string => `R-${id}`;
