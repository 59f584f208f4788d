const TEST_CALL = /(?:^|=>)[ \t]*(?:test|it)\b/gm;

/** The literal titles of the tests that a source file declares; a title that is not a literal comes back as written. */
export function findTestTitles(source: string): readonly string[] {
  return [...source.matchAll(TEST_CALL)].flatMap((match) => {
    const title = titleAfter(source.slice(match.index + match[0].length));
    return title === undefined ? [] : [title];
  });
}

/** Walks `.each(table)` and `.skipIf(condition)` until the parenthesis that opens on the title. */
function titleAfter(chain: string): string | undefined {
  let rest = chain;
  for (;;) {
    rest = rest.replace(/^\.\w+(<[^>]*>)?/, "").trimStart();
    if (!rest.startsWith("(")) return undefined;
    const literal = /^\(\s*(["'`])([\s\S]*?)\1/.exec(rest);
    if (literal !== null) return literal[2];
    const end = closingParenthesis(rest);
    const next = rest[end + 1];
    if (next !== "(" && next !== ".") return rest.slice(1, end).split(",")[0]?.trim();
    rest = rest.slice(end + 1);
  }
}

function closingParenthesis(text: string): number {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === "(") depth += 1;
    if (text[index] === ")") depth -= 1;
    if (depth === 0) return index;
  }
  return text.length;
}
