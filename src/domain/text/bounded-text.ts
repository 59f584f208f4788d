import { z } from "zod";

/** Most characters of a title. */
export const MAX_TITLE = 500;
/** Most bytes (UTF-8) of a text body: 1 MiB. */
export const MAX_BODY_BYTES = 1_048_576;

// C0, DEL and C1 controls; a body may also have tab, line feed and carriage return.
// oxlint-disable-next-line no-control-regex
const CONTROL_IN_TITLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
// oxlint-disable-next-line no-control-regex
const CONTROL_IN_BODY = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;
const LONE_SURROGATE = /\p{Cs}/u;

function titleProblem(text: string): string | undefined {
  if (CONTROL_IN_TITLE.test(text)) return "one line without control characters";
  if (!VISIBLE.test(text) || LONE_SURROGATE.test(text)) return "visible text";
  if (Array.from(text).length > MAX_TITLE) return `at most ${MAX_TITLE} characters`;
  return undefined;
}

function bodyProblem(text: string): string | undefined {
  if (CONTROL_IN_BODY.test(text) || LONE_SURROGATE.test(text)) return "text without control characters";
  if (new TextEncoder().encode(text).length > MAX_BODY_BYTES)
    return `at most ${MAX_BODY_BYTES} bytes (1 MiB)`;
  return undefined;
}

/** Made by the first text that it checks: most calls of a process bring none. */
const checked = (problem: (text: string) => string | undefined) =>
  z.lazy(() =>
    z
      .string()
      .transform((text) => text.normalize("NFC"))
      .superRefine((text, context) => {
        const accepted = problem(text);
        if (accepted !== undefined) context.addIssue({ code: "custom", message: accepted, input: text });
      }),
  );

/** One visible line of 1 to 500 characters, stored NFC and trimmed. */
export const Title = z.lazy(() =>
  checked((text) => titleProblem(text.trim())).transform((text) => text.trim()),
);

/** Text of many lines up to 1 MiB, stored NFC. */
export const Body = checked(bodyProblem);

/** One line of text inside a spec (a step, a risk): like a body, 1 to 20,000 characters. */
export const Line = checked((text) =>
  text.trim() === "" || text.length > 20_000 ? "1 to 20,000 characters" : bodyProblem(text),
);

/** A label: 1 to 64 characters without white space or commas at its ends. */
export const Label = checked((text) =>
  /^[^\s,][^,\n]{0,63}$/u.test(text) && !CONTROL_IN_TITLE.test(text)
    ? undefined
    : "1 to 64 characters, no comma",
);

/** What an item may need and a runner may have: 1 to 64 small letters, digits, dots, underscores and hyphens, `gpu`. */
export const Capability = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/);
/** Far more than a runner has. */
export const MOST_CAPABILITIES = 50;
