import type { TodoStatusWord } from "#operations/ports/todo-format.ts";

export const FIELD_NAMES = [
  "status",
  "captured",
  "trigger",
  "problem",
  "steps",
  "risks",
  "why",
  "acceptance",
  "other",
] as const;

/** `other`: what shows an item to be one and has no field of its own, such as its priority; it is kept with the item's text. */
export type FieldName = (typeof FIELD_NAMES)[number];

interface FieldWords {
  /** Words that name the field wherever a label may stand. The first is written into a file that lacks the field. */
  readonly always: string;
  /** Words so common in prose that they name the field only when set in bold, on a line of their own or used as a heading. */
  readonly marked: string;
}

/** The words for each field, in lower case, divided by bars. */
const FIELD_WORDS = {
  status: {
    always: "status|statut|estado|stato|статус|状态|狀態|状態|상태",
    marked: "state|zustand|état|situation",
  },
  captured: {
    always: "captured|captured on|capture date|date captured|erfasst am|noté le|capturado|登録日|记录于",
    marked: "created|added|opened|date|reported|erstellt|datum|créé|fecha|data|дата|日期",
  },
  trigger: {
    always:
      "trigger|triggers|trigger condition|becomes urgent when|urgent when|revisit when|auslöser|déclencheur|disparador|gatilho|innesco|триггер|触发条件|触发|きっかけ|トリガー|트리거",
    marked: "when|do this when|pick up when|revisit|wann|quand|cuándo|quando|когда|何时|いつ",
  },
  problem: {
    always:
      "problem|problem statement|current behaviour|current behavior|current state|problème|problema|проблема|问题|問題|問題点|문제",
    marked:
      "issue|what|what is wrong|description|symptom|symptoms|context|background|details|summary|beschreibung|contexte|descripción|descrição|descrizione|описание|描述|背景|説明|概要|설명",
  },
  steps: {
    always:
      "steps|pre-decided steps|next steps|fix plan|what the work will involve|what the work involves|what it will involve|schritte|étapes|pasos|passos|passi|шаги|步骤|步驟|手順|단계",
    marked:
      "step|plan|fix|approach|implementation|solution|what to do|what needs doing|what needs to be done|how to fix|work|tasks|subtasks|sub-tasks|actions|action items|how|vorgehen|lösung|aufgaben|solución|solução|soluzione|tâches|tareas|tarefas|решение|план|задачи|方案|解决方案|解決策|対応|作業内容|실행 계획",
  },
  risks: {
    always:
      "risks|risk|edge cases|risks and edge cases|risks/edge cases|risks / edge cases|risks and mitigations|risks and caveats|risiken|risiko|risques|risque|riesgos|riscos|rischi|риски|风险|風險|リスク|위험",
    marked:
      "caveats|gotchas|pitfalls|concerns|dangers|hazards|watch out|watch out for|things to watch out for|what could go wrong|what can go wrong|bedenken|stolpersteine|pièges|trampas|注意|注意事项|注意点|주의",
  },
  why: {
    always:
      "why|why it matters|why this matters|rationale|motivation|warum|begründung|pourquoi|por qué|por quê|perché|зачем|почему|原因|理由|이유",
    marked: "reason|reasons|impact|value|benefit|benefits|nutzen|grund|raison|motivo|价值|影响|影響",
  },
  acceptance: {
    always:
      "acceptance|acceptance criteria|done when|definition of done|success criteria|akzeptanzkriterien|fertig wenn|critères d'acceptation|criterios de aceptación|critérios de aceitação|критерии приемки|验收标准|验收|受け入れ条件|完了条件|완료 조건",
    marked: "acceptance test|acceptance tests|verification|verify|验证|確認",
  },
  other: {
    always: "",
    marked:
      "priority|effort|estimate|severity|owner|assignee|due|priorität|aufwand|priorité|prioridad|prioridade|приоритет|优先级|優先度|優先級|우선순위",
  },
} as const satisfies Record<FieldName, FieldWords>;

/** Words that only qualify another label, before and behind it. */
const QUALIFIERS_BEFORE =
  "known|key|main|major|potential|possible|proposed|suggested|recommended|planned|pre-decided|implementation|concrete|detailed|rough|initial|remaining|notable|important|the|bekannte|mögliche|connus|posibles|possíveis|возможные|主要|潜在|実装";
const QUALIFIERS_BEHIND =
  "worth knowing|worth a test|worth noting|to know|to watch|to consider|to take|for now|so far|today|now|needed|required|involved|in short|and why";

/** The label of a field that a file lacks so far. */
export function fieldLabel(name: FieldName): string {
  const [word = name] = words(FIELD_WORDS[name].always);
  return word.charAt(0).toUpperCase() + word.slice(1);
}

const words = (text: string): readonly string[] => (text === "" ? [] : text.split("|"));

const ALWAYS = index((fields) => words(fields.always));
const MARKED = index((fields) => [...words(fields.always), ...words(fields.marked)]);
const QUALIFIED = new RegExp(`^(?:${QUALIFIERS_BEFORE}) |(?: (?:${QUALIFIERS_BEHIND}))$`, "u");

function index(pick: (fields: FieldWords) => readonly string[]): ReadonlyMap<string, FieldName> {
  return new Map(FIELD_NAMES.flatMap((name) => pick(FIELD_WORDS[name]).map((word) => [word, name] as const)));
}

/** The field that a label names, its qualifiers aside; `marked` says that it stands in bold, alone on its line or in a heading. */
export function fieldNamed(label: string, marked: boolean): FieldName | undefined {
  const known = marked ? MARKED : ALWAYS;
  for (let word = plainWords(label); ;) {
    const name = known.get(word);
    const bare = word.replace(QUALIFIED, "");
    if (name !== undefined || bare === word || bare === "") return name;
    word = bare;
  }
}

/** A label or heading in lower case, without emphasis, pictures, brackets' content and the marks at its ends. */
export function plainWords(text: string): string {
  return text
    .slice(0, 200)
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(PICTURES, " ")
    .replaceAll(/\([^)]*\)|\[[^\]]*\]|[*_`~]/g, " ")
    .replaceAll("’", "'")
    .replaceAll(" & ", " and ")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/^[\s:.,;\-–—!=+#]+|[\s:.,;\-–—!?=+#]+$/g, "");
}

/** Emoji and other pictures, with what joins and colours them. */
export const PICTURES = /\p{Extended_Pictographic}|\p{So}|\p{Emoji_Modifier}|\uFE0F|\u200D|\u20E3/gu;

const STATUS_WORDS: readonly (readonly [TodoStatusWord, string])[] = [
  [
    "open",
    "open|todo|to do|new|pending|ready|planned|not started|captured|proposed|reopened|offen|geplant|à faire|ouvert|pendiente|abierto|aberto|a fazer|da fare|открыто|новая|待办|未开始|待处理|待處理|未着手|할 일|대기",
  ],
  [
    "doing",
    "doing|in progress|in-progress|wip|started|active|ongoing|in arbeit|en cours|en curso|en progreso|em andamento|in corso|в работе|进行中|進行中|対応中|진행 중|진행중",
  ],
  ["blocked", "blocked|waiting|on hold|stuck|blockiert|bloqué|bloqueado|заблокировано|阻塞|保留"],
  ["review", "review|in review|in-review|in prüfung|en revue|на проверке|审核中|レビュー中"],
  [
    "deferred",
    "deferred|parked|later|someday|snoozed|postponed|zurückgestellt|reporté|aplazado|adiado|отложено|搁置|延期|後回し|보류",
  ],
  [
    "done",
    "done|complete|completed|closed|fixed|resolved|shipped|landed|merged|finished|implemented|released|erledigt|fertig|abgeschlossen|terminé|terminée|fait|fini|hecho|completado|terminado|feito|concluído|concluido|fatto|completato|готово|сделано|выполнено|завершено|已完成|完成|已解决|完了|完了済み|対応済み|완료",
  ],
  [
    "dropped",
    "dropped|cancelled|canceled|won't do|wont do|won't fix|wontfix|rejected|obsolete|abandoned|declined|verworfen|abgelehnt|annulé|abandonné|descartado|cancelado|отменено|已取消|取消|중단",
  ],
];

/** The longest spelling first, so that `completed` is not read as `complete`. */
const STATUSES = STATUS_WORDS.flatMap(([word, list]) =>
  words(list).map((spelling) => ({ spelling, word })),
).toSorted((left, right) => right.spelling.length - left.spelling.length);

/** The known word that a status begins with, and where it stands in the text. */
export function leadingStatus(
  text: string,
): { readonly word: TodoStatusWord; readonly start: number; readonly end: number } | undefined {
  const start = text.search(/[\p{L}\p{N}]/u);
  if (start === -1) return undefined;
  const rest = text
    .slice(start, start + 40)
    .toLowerCase()
    .replaceAll("’", "'");
  for (const { spelling, word } of STATUSES)
    if (rest.startsWith(spelling) && !/^[\p{L}\p{N}]/u.test(rest.slice(spelling.length)))
      return { word, start, end: start + spelling.length };
  return undefined;
}

/** Whether a status word says that the work is over. */
export function isClosedWord(word: TodoStatusWord | undefined): boolean {
  return word === "done" || word === "dropped";
}

/** What a section holds by its name; undefined where the name does not tell. */
export type SectionKind = "todo" | "closed" | "notes" | "sample";

const CLOSED = STATUS_WORDS.flatMap(([word, list]) => (isClosedWord(word) ? [list] : [])).join("|");
const CLOSED_SECTION = new RegExp(
  `^(?:recently |already |what was |was |zuletzt )?(?:${CLOSED}|archive|archived|archiv|not planned|won't have|rejected ideas)(?=$|[:\\d]| (?:in|on|for|this|so far|items?|tasks?|features?|work|entries|todos?|bugs?|ideas|since|v?\\d|and|[-–—])\\b)`,
  "u",
);
const CLOSED_BEHIND = new RegExp(`[-–—:|] ?(?:${CLOSED})$`, "u");
const CLOSED_MARK =
  /^\s*(?:✅|☑|✔|✓|\[x\])|(?:✅|☑|✔|✓|\[x\])\uFE0F?[\s*_]*$|\((?:done|completed?|finished)\)\s*$/iu;

const SAMPLE =
  "format|formats|legend|legende|légende|template|templates|example|examples|syntax|conventions|how to use|how to use this file|how this file works|rules|table of contents|contents|inhalt|sommaire|目录|目次|使用说明|使用說明|図例|图例|priority levels|status legend";
const NOTES =
  "about|overview|project overview|introduction|intro|summary|background|context|tech stack|technology stack|stack|project structure|file structure|directory structure|running|usage|installation|setup instructions|getting started|endpoints|references|reference|links|resources|see also|credits|license|glossary|decisions|design decisions|constraints|assumptions|notes|note|remarks|current state|status|files|changelog|change log|history|log|progress log|lessons learned|environment|notizen|hinweise|übersicht|remarques|notas|примечания|заметки|备注|说明|概述|背景|参考|メモ|備考|概要|参考資料|참고";
const NOTES_SHAPE =
  /^(?:how (?:to|it|we) |files? (?:created|changed|modified)|why |key |what (?:was|already|works|is already))|^(?:.+ )?(?:api|[a-z]+ endpoints|instructions|commands|credentials)$|^.+ (?:configuration|environment|overview|conventions|guidelines)$|last updated/u;
const TODO =
  /(?:^|[^\p{L}])(?:todos?|to-dos?|to do|tasks?|backlog|roadmap|ideas?|features|bugs?|improvements?|enhancements?|next|upcoming|planned|plans?|future|later|someday|wish ?list|nice|must|should|could|priority|p[0-4]|now|term|doing|progress|hold|blocked|parked|deferred|pending|remaining|remains|missing|gaps?|debt|clean-?up|candidates?|phase|milestones?|sprint|actions?|checklist|outstanding|open|left|needed|maybe|polish|urgent|soon|ready|steps|items|aufgaben|ideen|später|offen|geplant|à faire|idées|plus tard|pendientes?|ideas|tareas|tarefas|a fazer|da fare|задачи|идеи|сделать|потом)(?:$|[^\p{L}])|待办|待辦|任务|计划|やること|課題|予定|할 ?일|작업/u;

const NAMED: ReadonlyMap<string, SectionKind> = new Map([
  ...words(SAMPLE).map((word) => [word, "sample"] as const),
  ...words(NOTES).map((word) => [word, "notes"] as const),
]);

export function sectionKind(heading: string): SectionKind | undefined {
  const plain = plainWords(heading);
  const named = NAMED.get(plain);
  if (named !== undefined) return named;
  if (CLOSED_MARK.test(heading) || CLOSED_SECTION.test(plain) || CLOSED_BEHIND.test(plain)) return "closed";
  if (NOTES_SHAPE.test(plain)) return "notes";
  return TODO.test(plain) ? "todo" : undefined;
}

/** Whether a heading says no more than that the entries below it are to be done. */
export function isBareTodo(heading: string): boolean {
  return /^(?:(?:my )?to[- ]?dos?(?: action)?(?: lists?)?|steps|待办|待办事项|やること|할 ?일|à faire)$/u.test(
    plainWords(heading),
  );
}

/** A heading as a label: without pictures, emphasis, number and closing marks. */
export function labelText(heading: string): string {
  return heading
    .replaceAll(PICTURES, "")
    .replaceAll(/^[\s*_=~-]+|[\s*_=~:：-]+$/g, "")
    .replace(/^\d{1,3}(?:\.\d{1,3})*[.)]\s+/, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}

const OPTIONAL =
  "optional|facultatif|facultative|optionnel|opcional|facoltativo|可选|選択|任意|선택|необязательно";
const OPTIONAL_BEFORE = new RegExp(
  `^(?:[*_]{0,2}[([（](?:${OPTIONAL})[)\\]）][*_]{0,2}[:：]?|\\*{1,2}(?:${OPTIONAL})[:：]?\\*{1,2}[:：]?|_{1,2}(?:${OPTIONAL})[:：]?_{1,2}[:：]?|(?:${OPTIONAL})(?:\\s?[:：]|\\s[-–—]\\s))\\s*`,
  "iu",
);
const OPTIONAL_BEHIND = new RegExp(
  `\\s*(?:[*_]{0,2}[([（](?:${OPTIONAL})[)\\]）][*_]{0,2}|\\*{1,2}(?:${OPTIONAL})\\*{1,2}|_{1,2}(?:${OPTIONAL})_{1,2})([.:;]?)$`,
  "iu",
);

/** A line without the word that makes it optional; undefined where it has none. */
export function withoutOptional(line: string): string | undefined {
  // A pattern bound to the end alone costs the square of the text's length.
  const cut = Math.max(0, line.length - 40);
  const head = line.slice(0, cut) + line.slice(cut).replace(OPTIONAL_BEHIND, "$1");
  const bare = head.replace(OPTIONAL_BEFORE, "");
  return bare === line ? undefined : bare;
}

const DATE = /(?<![\d-])(\d{4})-(\d{2})-(\d{2})(?![\d-])/g;
/** How far before a date, in characters, its word of capture is looked for. */
const NEAR = 40;
const CAPTURE = "captured|created|added|noted|flagged|opened|reported|since|erfasst|noté|capturado|добавлено";
const CAPTURE_WORD = new RegExp(`(?:${CAPTURE})(?: on| at| am| le| el| em| during the)?:?[\\s*_]*$`, "iu");

/** The day of capture in a status: the date behind a word of capture; else, while the item is not closed, the first date. */
export function captureDay(text: string, closed: boolean): string | undefined {
  const days = [...text.matchAll(DATE)].filter(([day]) => isCalendarDay(day));
  const named = days.find(({ index }) => CAPTURE_WORD.test(text.slice(Math.max(0, index - NEAR), index)));
  return (named ?? (closed ? undefined : days[0]))?.[0];
}

function isCalendarDay(day: string): boolean {
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}

/** Whether a status says more than its word and its day of capture. */
export function saysMore(text: string): boolean {
  const { end = 0 } = leadingStatus(text) ?? {};
  const rest = text
    .slice(end)
    .replaceAll(DATE, " ")
    .replaceAll(new RegExp(`(?:${CAPTURE})(?: on| at| am| le| el| em)?`, "giu"), " ");
  return /[\p{L}\p{N}]/u.test(rest);
}

const NEVER_CLOSED = /(?:^|\s)(?:not|n't|never|half|un|to be) ?$/i;
const DONE_BEHIND =
  /(?:\s*[-–—:]?\s*(?:\bDONE|\bCOMPLETED?|[✅✔✓☑]\uFE0F?)|\s*[-–—]\s*(?:done|completed|erledigt|fait|готово)(?:[ ,]+\d{4}-\d{2}-\d{2})?|\s*[([（](?:done|completed|finished|fixed|shipped|erledigt|fait|hecho|已完成|完了)(?:[ ,:][^)\]）]*)?[)\]）])\.?$/u;
const OPEN_BEFORE = /^(?:[☐⬜🔲❌⏳🚧🔄]\uFE0F?\s*|(?:TODO|DOING|NOW|LATER|WAITING|WIP)(?::\s*|\s+)(?=\S))/u;
const DONE_BEFORE = /^(?:[✅✔✓☑🗹]\uFE0F?\s*|(?:DONE|CANCELED|CANCELLED)(?::\s*|\s+)(?=\S))/u;

/** A title without the marks at its ends that say how its work stands: how many characters each takes, and whether one says done. */
export function statusMarks(title: string): {
  readonly before: number;
  readonly behind: number;
  readonly done: boolean;
} {
  let before = 0;
  let done = false;
  for (;;) {
    const rest = title.slice(before, before + 20);
    const closed = DONE_BEFORE.exec(rest)?.[0].length ?? 0;
    const taken = closed || (OPEN_BEFORE.exec(rest)?.[0].length ?? 0);
    if (taken === 0 || before + taken >= title.trimEnd().length) break;
    before += taken;
    done ||= closed > 0;
  }
  const from = Math.max(before, title.length - 80);
  const tail = title.slice(from);
  const mark = DONE_BEHIND.exec(tail);
  if (mark === null || from + mark.index === before || NEVER_CLOSED.test(tail.slice(0, mark.index)))
    return { before, behind: 0, done };
  return { before, behind: mark[0].length, done: true };
}

const BOX = /^\[\s?([xX✓✔√✅☑~><!?/.o*-]?)\uFE0F?\s?\](?![([:])[ \t]*/u;
const BALLOT = /^([☐☑☒✓✔✅⬜🔲])\uFE0F?[ \t]+/u;

/** A checkbox at the start of a text: its length, what it says, and where its mark stands. */
export function boxAt(
  text: string,
): { readonly length: number; readonly done: boolean; readonly mark: readonly [number, number] } | undefined {
  const box = BOX.exec(text);
  if (box === null) return undefined;
  return { length: box[0].length, done: /[xX✓✔√✅☑-]/u.test(box[1] ?? ""), mark: [1, text.indexOf("]")] };
}

/** As {@link boxAt}, of the signs that people write in place of brackets. */
export function ballotAt(text: string): ReturnType<typeof boxAt> {
  const ballot = BALLOT.exec(text);
  if (ballot?.[1] === undefined) return undefined;
  return { length: ballot[0].length, done: /[☑☒✓✔✅]/u.test(ballot[1]), mark: [0, 1] };
}
