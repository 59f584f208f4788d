import { invalidField } from "./errors.ts";

/** Who can write: a person, an agent program, or the product itself (the store, git, a policy). */
type ActorKind = "human" | "ai" | "system";

/** `human:NAME`, `ai:NAME` or `system:NAME`; the form in which an actor is stored and shown. */
export type ActorName = `${ActorKind}:${string}`;

export interface Actor {
  readonly kind: ActorKind;
  /** Letters of one script, digits and `._@/+-`, 1 to 64 characters, e.g. `claude-code`, `policy/demo@1`. */
  readonly name: string;
}

const ACTOR = /^(human|ai|system):([\p{L}\p{N}._@/+-]{1,64})$/u;

/** Scripts with letters that look like those of another. */
const ALIKE = [/\p{sc=Latin}/u, /\p{sc=Greek}/u, /\p{sc=Cyrillic}/u, /\p{sc=Armenian}/u, /\p{sc=Cherokee}/u];

/** Whether a name can be taken for another: letters of several look-alike scripts, or another form of a plain letter. */
const isLookAlike = (name: string): boolean =>
  name.normalize("NFKC") !== name || ALIKE.filter((script) => script.test(name)).length > 1;

/** Reads `kind:name`. A name without a kind is refused with `invalid`: a guess would attribute work to the wrong kind. */
export function parseActor(text: string): Actor {
  const match = ACTOR.exec(text.normalize("NFC"));
  const [, kind, name] = match ?? [];
  if ((kind !== "human" && kind !== "ai" && kind !== "system") || name === undefined)
    throw invalidField("actor", text, "kind:name with kind human, ai or system, e.g. human:ada or ai:codex");
  if (isLookAlike(name))
    throw invalidField(
      "actor",
      text,
      "a name with plain letters of one script: this one looks like another name",
    );
  return { kind, name };
}

export function formatActor(actor: Actor): ActorName {
  return `${actor.kind}:${actor.name}`;
}
