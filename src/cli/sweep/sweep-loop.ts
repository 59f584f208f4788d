import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { cutCells, safeLine } from "#cli/present/fit.ts";
import type { Keys } from "./keys.ts";

/** What a sweep asks of the workspace and shows. */
export interface SweepDesk {
  readonly keys: Keys;
  /** What an operation answers. */
  readonly ask: (operation: string, input: unknown) => Promise<unknown>;
  /** An operation's answer as text for a person. */
  readonly show: (operation: string, answer: unknown) => Promise<string>;
  readonly print: (text: string) => Promise<void>;
  /** Begins a new screen. */
  readonly clear: () => Promise<void>;
  /** A text after the person changed it in an editor; undefined where nothing was changed. */
  readonly edit: (text: string) => Promise<string | undefined>;
}

export interface SweepRequest {
  readonly of: string | undefined;
  readonly project: string | undefined;
  readonly session: string;
}

/** What came of a sweep: how many entries were looked at, and how many had which result. */
export interface Swept {
  readonly seen: number;
  readonly results: Readonly<Record<string, number>>;
}

const Next = z.object({
  entry: z.object({ part: z.string(), ref: z.string() }).optional(),
  left: z.number(),
});
const Lanes = z.object({ lanes: z.array(z.object({ name: z.string() })) });
const CandidateDetail = z.object({
  candidate: z.object({ title: z.string(), lane: z.string().optional() }),
  similar: z.array(z.object({ ref: z.string() })),
});
const ItemDetail = z.object({
  item: z.object({
    title: z.string(),
    version: z.number(),
    spec: z.object({ body: z.string().optional() }),
    questions: z.array(z.object({ options: z.array(z.string()), answered_at: z.string().optional() })),
  }),
});
const Approved = z.object({ approved: z.array(z.object({ item: z.object({ lane: z.string() }) })) });

/** Why candidates and items are most often not taken, in the order of their keys. */
export const REASONS = [
  "It is a duplicate",
  "It is done already",
  "It is not a problem",
  "It is too vague to act on",
  "It is not worth the work",
  "It does not belong in this project",
] as const;

/** What a choice answers where the entry is to be read again. */
const CHANGED = "changed";

/** One thing that a key does to an entry. The result's name, or undefined where the entry still waits. */
interface Choice {
  readonly key: string;
  readonly label: string;
  readonly act: () => Promise<string | undefined>;
}

/** Shows entry after entry until none is left or the person ends it. */
export async function sweepLoop(desk: SweepDesk, { of, project, session }: SweepRequest): Promise<Swept> {
  const seen = new Set<string>();
  const passed: string[] = [];
  const results = new Map<string, number>();
  const lanes = Lanes.parse(await desk.ask("lane.list", {})).lanes.map(({ name }) => name);
  let notice = "";
  for (;;) {
    const { entry, left } = Next.parse(
      await desk.ask("sweep.next", { of, project, session, except: passed }),
    );
    if (entry === undefined) {
      await desk.print(`${notice}${seen.size === 0 ? "Nothing waits for you.\n" : "Nothing is left.\n"}`);
      break;
    }
    seen.add(entry.ref);
    const { text, choices } = await openEntry(desk, entry, lanes);
    await desk.clear();
    await desk.print(`${notice}${entry.ref} · ${entry.part} · ${left} left\n\n${text}\n${menu(choices)}\n`);
    const ended = await decide(desk, choices);
    if (ended === "quit") break;
    notice =
      ended.notice === "" && ended.result !== undefined ? `${entry.ref}: ${ended.result}\n\n` : ended.notice;
    if (ended.result === "skipped") passed.push(entry.ref);
    else if (ended.result !== undefined) results.set(ended.result, (results.get(ended.result) ?? 0) + 1);
  }
  return { seen: seen.size, results: Object.fromEntries(results) };
}

interface Decided {
  readonly result: string | undefined;
  /** Told above the next entry. */
  readonly notice: string;
}

/** Takes keys until one decides. A refusal is shown, and the entry stays. */
async function decide(desk: SweepDesk, choices: readonly Choice[]): Promise<Decided | "quit"> {
  for (;;) {
    const key = await desk.keys.key();
    if (key === undefined || key === "q") return "quit";
    if (key === "s") return { result: "skipped", notice: "" };
    if (key === "u") return { result: undefined, notice: await undo(desk) };
    const choice = choices.find((one) => one.key === key);
    if (choice === undefined) {
      await desk.print(`${noKey(key)}\n${menu(choices)}\n`);
      continue;
    }
    try {
      const result = await choice.act();
      if (result === CHANGED) return { result: undefined, notice: "Changed.\n\n" };
      if (result !== undefined) return { result, notice: "" };
      await desk.print(`\n${menu(choices)}\n`);
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      if (error.code === "conflict" || error.code === "not_found")
        return { result: "skipped", notice: `${error.message}\n\n` };
      await desk.print(`${told(error)}\n`);
    }
  }
}

const noKey = (key: string): string => `${cutCells(safeLine(key), LABEL_CELLS)} is not one of the keys`;

const told = ({ message, hint }: SluiceError): string =>
  hint === undefined ? message : `${message}. ${hint}`;

async function undo({ ask, show }: SweepDesk): Promise<string> {
  try {
    return `${await show("undo", await ask("undo", {}))}\n`;
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return `${told(error)}\n\n`;
  }
}

const LABEL_CELLS = 60;
const COMMON = ["s skip", "u undo", "q end"];

/** Keys and what they do, as many to a line as 80 columns take. */
function menu(choices: readonly Choice[]): string {
  const lines: string[] = [];
  const shown = choices.map(({ key, label }) => `${key} ${cutCells(safeLine(label), LABEL_CELLS)}`);
  for (const part of [...shown, ...COMMON]) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length + 3 <= 80)
      lines[lines.length - 1] = `${last}   ${part}`;
    else lines.push(part);
  }
  return lines.join("\n");
}

interface Opened {
  readonly text: string;
  readonly choices: readonly Choice[];
}

async function openEntry(
  desk: SweepDesk,
  { part, ref }: { readonly part: string; readonly ref: string },
  lanes: readonly string[],
): Promise<Opened> {
  if (part === "gate") return await openCandidate(desk, ref, lanes);
  const answer = await desk.ask("item.show", { ref });
  const { item } = ItemDetail.parse(answer);
  const text = await desk.show("item.show", answer);
  if (part === "review") return { text, choices: reviewChoices(desk, ref) };
  const question = item.questions.find((one) => one.answered_at === undefined);
  const choices = [
    ...(question === undefined ? laneChoices(desk, ref, lanes) : answerChoices(desk, ref, question.options)),
    dropChoice(desk, ref),
    {
      key: "c",
      label: "close: it is done",
      act: async () => {
        const reason = await desk.keys.line("Why it is done: ");
        if (reason === undefined || reason === "") return undefined;
        await desk.ask("item.close", { ref, reason });
        return "closed";
      },
    },
    editChoice(desk, ref, item),
  ];
  return { text, choices };
}

async function openCandidate(desk: SweepDesk, ref: string, lanes: readonly string[]): Promise<Opened> {
  const answer = await desk.ask("gate.show", { candidate: ref });
  const { candidate, similar } = CandidateDetail.parse(answer);
  let title: string | undefined;
  const approve = async (lane: string | undefined) => {
    const { approved } = Approved.parse(await desk.ask("gate.approve", { candidates: [ref], lane, title }));
    return approved[0]?.item.lane;
  };
  const choices: Choice[] = [
    ...lanes.map((lane, at) => ({ key: String(at + 1), label: lane, act: () => approve(lane) })),
    { key: "enter", label: `approve into ${candidate.lane ?? "triage"}`, act: () => approve(undefined) },
    {
      key: "r",
      label: "reject",
      act: async () => {
        const reason = await chosenReason(desk);
        if (reason === undefined) return undefined;
        await desk.ask("gate.reject", { candidates: [ref], reason });
        return "rejected";
      },
    },
    {
      key: "m",
      label: "merge",
      act: async () => {
        const likely = similar.find((one) => !one.ref.startsWith("C-"))?.ref;
        const into = await desk.keys.line(`Into which item${likely === undefined ? "" : ` (${likely})`}: `);
        if (into === undefined || (into === "" && likely === undefined)) return undefined;
        await desk.ask("gate.merge", { candidate: ref, into: into === "" ? likely : into });
        return "merged";
      },
    },
    {
      key: "t",
      label: "title",
      act: async () => {
        const given = await desk.keys.line(`Title (${safeLine(candidate.title)}): `);
        if (given !== undefined && given !== "") title = given;
        await desk.print(`\nIts title will be: ${safeLine(title ?? candidate.title)}\n`);
        return undefined;
      },
    },
  ];
  return { text: await desk.show("gate.show", answer), choices };
}

function reviewChoices(desk: SweepDesk, ref: string): readonly Choice[] {
  return [
    {
      key: "y",
      label: "approve",
      act: async () => {
        await desk.ask("verify", { ref });
        return "approved";
      },
    },
    {
      key: "r",
      label: "return with changes",
      act: async () => {
        const changes = await desk.keys.line("What the next run must do: ");
        if (changes === undefined || changes === "") return undefined;
        await desk.ask("return", { ref, changes });
        return "sent back";
      },
    },
    dropChoice(desk, ref),
  ];
}

const laneChoices = (desk: SweepDesk, ref: string, lanes: readonly string[]): readonly Choice[] =>
  lanes.map((lane, at) => ({
    key: String(at + 1),
    label: lane,
    act: async () => {
      await desk.ask("item.move", { ref, lane });
      return lane;
    },
  }));

function answerChoices(desk: SweepDesk, ref: string, options: readonly string[]): readonly Choice[] {
  const answered = async (answer: string, reason: string) => {
    await desk.ask("decide", { ref, answer, reason });
    return "decided";
  };
  return [
    ...options.slice(0, 9).map((option, at) => ({
      key: String(at + 1),
      label: option,
      act: () => answered(option, "Chosen in a sweep"),
    })),
    {
      key: "o",
      label: "in your own words",
      act: async () => {
        const answer = await desk.keys.line("Answer: ");
        if (answer === undefined || answer === "") return undefined;
        const reason = await desk.keys.line("\nWhy: ");
        return reason === undefined || reason === "" ? undefined : await answered(answer, reason);
      },
    },
  ];
}

const dropChoice = (desk: SweepDesk, ref: string): Choice => ({
  key: "x",
  label: "drop",
  act: async () => {
    const reason = await chosenReason(desk);
    if (reason === undefined) return undefined;
    await desk.ask("item.drop", { ref, reason });
    return "dropped";
  },
});

const editChoice = (
  desk: SweepDesk,
  ref: string,
  { title, version, spec }: z.output<typeof ItemDetail>["item"],
): Choice => ({
  key: "e",
  label: "edit",
  act: async () => {
    const changed = await desk.edit(`${title}\n\n${spec.body ?? ""}`);
    if (changed === undefined) return undefined;
    const [first = "", ...rest] = changed.trim().split("\n");
    await desk.ask("item.edit", { ref, ifVersion: version, title: first, body: rest.join("\n").trim() });
    return CHANGED;
  },
});

/** A key of the list, or words of one's own. What is typed besides decides nothing; Enter goes back. */
async function chosenReason({ keys, print }: SweepDesk): Promise<string | undefined> {
  const list = REASONS.map((reason, at) => `${at + 1} ${reason}`);
  await print(`\n${list.join("\n")}\no in your own words   enter back\n`);
  for (;;) {
    const key = await keys.key();
    if (key === undefined || key === "enter") return undefined;
    if (key === "o") {
      const own = await keys.line("Why: ");
      return own === "" ? undefined : own;
    }
    const reason = REASONS[Number(key) - 1];
    if (reason !== undefined) return reason;
    await print(`${noKey(key)}\n`);
  }
}
