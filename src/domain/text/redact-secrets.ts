/** What stands where a secret stood. */
const REDACTED = "[redacted]";

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
