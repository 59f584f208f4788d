/** What one program measured of one claim that the project makes. */
export interface ClaimResult {
  /** The claim, as a person reads it. */
  readonly claim: string;
  /** With its unit. */
  readonly measured: string;
  /** What it is compared with, with its unit; measured in the same run. */
  readonly against: string;
  readonly ratio: number;
  /** `atMost` and `atLeast` are ratios; absent where a number is only reported. */
  readonly limit?: { readonly atMost: number } | { readonly atLeast: number };
}

export type Verdict = "PASS" | "MISS" | "report";

export function verdict({ ratio, limit }: ClaimResult): Verdict {
  if (limit === undefined) return "report";
  const kept = "atMost" in limit ? ratio <= limit.atMost : ratio >= limit.atLeast;
  return kept ? "PASS" : "MISS";
}

export function limitText({ limit }: ClaimResult): string {
  if (limit === undefined) return "–";
  return "atMost" in limit ? `≤ ${limit.atMost}` : `≥ ${limit.atLeast}`;
}
