/** Only the first 256 KiB of a text's words are searched: PostgreSQL refuses a `tsvector` above 1 MiB. */
const SEARCHED_BYTES = 262_144;
/** A longer word is cut to this many characters: both engines index its head. */
const MAX_TOKEN = 64;
const WORD = /[\p{L}\p{N}]+/gu;
/** Marks, and the vowel signs of New Tai Lue and two of Vedic that Unicode made letters after SQLite's tokeniser took its tables. */
const MARKS = /[\p{M}\u19b0-\u19c0\u19c8\u19c9\u1cf2\u1cf3]/gu;

/**
 * Splits text into search words: letters and digits, case and accents folded. The one tokeniser of the product; both
 * databases index its output, so both find the same.
 */
export function searchTokens(text: string): string[] {
  const folded = fold(text.slice(0, SEARCHED_BYTES));
  const tokens: string[] = [];
  let left = SEARCHED_BYTES;
  for (const [word] of folded.matchAll(WORD)) {
    const token = Array.from(word).slice(0, MAX_TOKEN).join("");
    left -= Buffer.byteLength(token) + 1;
    if (left < 0) break;
    tokens.push(token);
  }
  return tokens;
}

/** Compatibility forms, accents and case folded until nothing changes: some letters give marks or capitals only when folded. */
function fold(text: string): string {
  const folded = text.normalize("NFKD").toUpperCase().toLowerCase().normalize("NFKD").replace(MARKS, "");
  return folded.replaceAll("ς", "σ");
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
