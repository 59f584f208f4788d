/** What stands where a text or a secret stood. */
export const REDACTED = "[redacted]";

/**
 * The ways in which a text is found inside what is kept: as it is, within JSON, and within JSON that is a string of JSON. The longest
 * first, so that an escaped form goes as a whole.
 */
export function writtenForms(text: string): readonly string[] {
  const once = escaped(text);
  return Array.from(new Set([escaped(once), once, text]));
}

const escaped = (text: string): string => JSON.stringify(text).slice(1, -1);

/** A plain text without another, in any of its forms; the same where none is in it. */
export const takeOut = (from: string, text: string): string =>
  writtenForms(text).reduce((left, form) => left.replaceAll(form, REDACTED), from);

/** JSON whose strings are without a text, at any depth, in strings that are JSON themselves too; names of fields stay. */
export function takeOutOfJson(json: string, text: string): string {
  const before: unknown = JSON.parse(json);
  const after = withoutText(before, text);
  const written = JSON.stringify(after);
  return written === JSON.stringify(before) ? json : written;
}

function withoutText(value: unknown, text: string): unknown {
  if (typeof value === "string") return takeOut(inner(value, text), text);
  if (Array.isArray(value)) return value.map((one) => withoutText(one, text));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutText(one, text)]));
}

/** A string that is JSON of its own, such as the labels in an entry of the history. */
function inner(value: string, text: string): string {
  if (!/^[[{]/.test(value)) return value;
  try {
    return takeOutOfJson(value, text);
  } catch {
    return value;
  }
}

/** Not in the middle of a longer word, which also keeps each pattern linear. */
const START = "(?<![\\w-])";

/**
 * How secrets look whose makers gave them a form: tokens of this program, of forges, model providers, clouds and chats, signed web
 * tokens, private keys. From the makers' own documentation of their prefixes.
 */
const FORMS = [
  "slc_[\\w-]{20,}",
  "gh[pousr]_[A-Za-z0-9]{30,}",
  "github_pat_\\w{20,}",
  "glpat-[\\w-]{20,}",
  "sk-(?:ant|proj|svcacct|or|live|test)-[\\w-]{16,}",
  "sk-[A-Za-z0-9]{32,}",
  "xai-[A-Za-z0-9]{32,}",
  "[sr]k_live_[A-Za-z0-9]{16,}",
  "A(?:KIA|SIA)[0-9A-Z]{16}(?![\\w])",
  "AIza[\\w-]{35}",
  "xox[abeprs]-[\\w-]{10,}",
  "npm_[A-Za-z0-9]{36}",
  "eyJ[\\w-]{10,}\\.eyJ[\\w-]{10,}\\.[\\w-]{10,}",
];

const TOKEN = new RegExp(`${START}(?:${FORMS.join("|")})`, "g");
const PRIVATE_KEY = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?/g;
/** The password of an address, as in `postgres://user:password@host`. */
const PASSWORD = /((?<![\w.+-])[a-z][a-z0-9+.-]{0,20}:\/\/[^\s:/@]{0,200}:)[^\s/@]{1,500}(?=@)/gi;

/**
 * A text without what looks like a secret. By form alone: a secret that looks like a word stays. The values of a run's own environment are
 * blacked out where its output is read.
 */
export function redactSecrets(text: string): string {
  return text.replace(PRIVATE_KEY, REDACTED).replace(TOKEN, REDACTED).replace(PASSWORD, `$1${REDACTED}`);
}
