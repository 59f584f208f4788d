/** Only the first 256 KiB of a text are searched: PostgreSQL refuses a larger `tsvector`. */
const SEARCHED_CHARACTERS = 262_144;
/** A longer word is cut: both engines index its head. */
const MAX_TOKEN = 64;
const WORD = /[\p{L}\p{N}]+/gu;
const MARKS = /\p{M}/gu;

/**
 * Splits text into search words: letters and digits, case and accents folded. The one tokeniser of the product; both
 * databases index its output, so both find the same.
 */
export function searchTokens(text: string): string[] {
  const folded = text.slice(0, SEARCHED_CHARACTERS).normalize("NFKD").replace(MARKS, "").toLowerCase();
  return (folded.match(WORD) ?? []).map((word) => word.slice(0, MAX_TOKEN));
}

/** One thing that a search asks for; a result has all of them. */
export type SearchTerm =
  | { readonly kind: "word"; readonly token: string }
  | { readonly kind: "prefix"; readonly token: string }
  | { readonly kind: "phrase"; readonly tokens: readonly string[] };

const PIECE = /"([^"]*)"?|[^\s"]+/gu;

/** Reads a query: words in any order, `inject*` for a prefix, `"two words"` for a phrase. Never fails: odd marks split words. */
export function parseSearch(query: string): SearchTerm[] {
  return Array.from(query.matchAll(PIECE)).flatMap(([piece, quoted]) =>
    quoted === undefined ? bareTerms(piece) : phraseTerms(quoted),
  );
}

function phraseTerms(text: string): SearchTerm[] {
  const tokens = searchTokens(text);
  return tokens.length === 0 ? [] : [{ kind: "phrase", tokens }];
}

function bareTerms(piece: string): SearchTerm[] {
  const tokens = searchTokens(piece);
  const last = tokens.at(-1);
  if (last === undefined) return [];
  const words = (piece.endsWith("*") ? tokens.slice(0, -1) : tokens).map((token): SearchTerm => ({
    kind: "word",
    token,
  }));
  return piece.endsWith("*") ? [...words, { kind: "prefix", token: last }] : words;
}
