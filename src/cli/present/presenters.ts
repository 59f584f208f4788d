import { claimCard, commitStory, nextCard, planPages, proposedCard, shownItem, whyCard } from "./cards.ts";
import { landedLines, projectCard, runCard, sweepSentence } from "./fact-cards.ts";
import { candidateCard } from "./candidate-card.ts";
import { addedRepos, checkedList, exportedList, checkup, importedList, repairsList } from "./findings.ts";
import * as lists from "./lists.ts";
import type { Answer, Presenters } from "./presenter.ts";
import { safeText } from "./fit.ts";
import { prose, ref, sentence, time, words } from "./sentence.ts";
import { inboxLines, statusBoard } from "./status-board.ts";

/**
 * How a person sees each operation's answer. An operation that is missing here does not compile: somebody decides. `sentence`
 * for one line, a table of `lists.ts` for rows, a card for what has many parts.
 */
export const PRESENTERS: Presenters = {
  status: prose(statusBoard),
  inbox: inboxLines,
  next: prose(nextCard),
  claim: prose(claimCard),
  wait: sentence(({ ready }) => words`${ready} ${ready === 1 ? "item is" : "items are"} ready`),
  why: prose(whyCard),
  heartbeat: sentence(({ lease }) => words`Lease ends ${time(lease.expires_at)}`),
  release: sentence(({ item }) => words`${ref(item.ref)} is free again`),
  note: sentence(({ note }) => words`Noted by ${note.actor}`),
  ask: sentence(({ item }) => words`${ref(item.ref)} waits in ${item.lane} for an answer`),
  decide: sentence(
    ({ item, hint }) =>
      words`${ref(item.ref)} is decided and back in ${item.lane}${hint && words`. ${hint}`}`,
  ),
  block: sentence(
    ({ item, prerequisite: other }) =>
      words`${ref(item.ref)} is blocked${other && words` and waits for ${ref(other.ref)} ${other.title}`}`,
  ),
  finish: sentence(
    ({ item, hint }) => words`${ref(item.ref)} is ${stateText(item)}${hint && words`. ${hint}`}`,
  ),
  verify: sentence(({ item }) => words`${ref(item.ref)} is ${stateText(item)}`),
  return: sentence(({ item }) => words`${ref(item.ref)} is back in ${item.lane} with your words`),
  land: prose(landedLines),
  propose: prose(proposedCard),
  pause: lists.pauseList,
  resume: lists.pauseList,
  log: lists.eventList,
  who: prose(commitStory),
  doctor: prose(checkup),
  "doctor.fix": prose(repairsList),
  undo: sentence(({ undone }) => words`Undid ${undone.operation} of ${ref(undone.ref)}`),
  "log.denials": lists.denialList,
  "log.redact": prose(redactedText),
  "log.archive": sentence((done) =>
    done.archived === 0
      ? words`Nothing is old enough to be archived.`
      : words`Archived ${done.archived} entries in ${done.blocks} blocks: ${done.bytes_before} bytes became ${done.bytes_after}`,
  ),
  "log.seal": sentence(({ seal }) => words`Sealed ${seal.added} entries; root ${seal.root}`),
  starvation: lists.pressureList,

  "item.add": ({ item, candidate }, view) =>
    candidate === undefined
      ? words`${item && words`${ref(item.ref)} ${item.title}`}`(view)
      : proposedCard({ candidate }, view),
  "item.list": lists.itemList,
  "item.show": prose(shownItem),
  "item.edit": sentence(({ item }) => words`Edited ${ref(item.ref)}, now version ${item.version}`),
  "item.move": sentence(({ item }) => words`${ref(item.ref)} is in ${item.lane}`),
  "item.bump": sentence(({ item }) => words`${ref(item.ref)} goes first`),
  "item.snooze": sentence(
    ({ item }) => words`${ref(item.ref)} ${item.not_before && words`wakes ${time(item.not_before)}`}`,
  ),
  "item.unblock": sentence(({ item }) => words`${ref(item.ref)} is ${item.state} in ${item.lane}`),
  "item.drop": sentence(({ item }) => words`${ref(item.ref)} is ${item.state}`),
  "item.reopen": sentence(({ item }) => words`${ref(item.ref)} is ${item.state} in ${item.lane}`),
  "item.close": sentence(({ item }) => words`${ref(item.ref)} is ${item.state}`),
  "link.add": sentence(({ item }) => words`Linked ${ref(item.ref)}`),
  "link.remove": sentence(({ item }) => words`Removed a link of ${ref(item.ref)}`),
  "evidence.add": sentence(({ item }) => words`Added evidence to ${ref(item.ref)}`),

  "sweep.next": sentence(({ entry, left }) =>
    entry === undefined
      ? words`Nothing waits for you`
      : words`${ref(entry.ref)} of ${entry.part}, ${left} left`,
  ),
  "sweep.end": sentence(({ sweep }) => words`${sweepSentence(sweep.seen, sweep.by_result, sweep.minutes)}`),
  "gate.list": lists.candidateList,
  "gate.show": prose(candidateCard),
  "gate.approve": lists.approvedList,
  "gate.reject": lists.rejectedList,
  "gate.merge": sentence(
    ({ candidate, item }) => words`${ref(candidate.ref)} is merged into ${ref(item.ref)} ${item.title}`,
  ),

  "plan.set": sentence(({ plan }) => words`Wrote version ${plan.version} of the plan`),
  "plan.history": prose(planPages),

  "run.list": lists.runList,
  "run.show": prose(runCard),
  "run.log": ({ log }) => safeText(log).trimEnd() || "The run has written nothing yet.",
  "run.diff": ({ diff }) => safeText(diff).trimEnd() || "The run has changed nothing.",
  "run.stop": sentence(
    ({ run, item }) => words`${ref(run.ref)} is stopped, and ${ref(item.ref)} is free again`,
  ),

  "project.add": sentence(({ project }) => words`Added project ${ref(project.alias)}`),
  "project.list": lists.projectList,
  "project.show": prose(projectCard),
  "project.edit": sentence(({ project }) => words`Edited project ${ref(project.alias)}`),
  "project.archive": sentence(
    ({ project: { alias, archived_at: at } }) =>
      words`Project ${ref(alias)} is ${at === undefined ? "back in the queue" : "archived"}`,
  ),
  "repo.add": prose(addedRepos),
  "repo.list": lists.repoList,
  "repo.edit": sentence(({ repo }) => words`Edited repo ${ref(repo.alias)}`),
  "repo.remove": sentence(({ repo }) => words`Unregistered repo ${ref(repo.alias)}`),

  "config.list": lists.settingList,
  "config.get": sentence(({ setting }) => words`${setting.value}`),
  "config.set": lists.settingList,
  "lane.list": lists.laneList,
  "lane.edit": lists.laneList,
  "token.create": sentence(({ token, secret }) => {
    const until = token.expires_at && words`, expires ${time(token.expires_at)}`;
    const shown = secret && words`. Its secret, shown only now: ${secret}`;
    return words`Created token ${token.id} for ${token.actor}, role ${token.role}${until}${shown}`;
  }),
  "token.list": lists.tokenList,
  "token.revoke": sentence(({ token }) => words`Revoked token ${token.id} of ${token.actor}`),
  "git.scan": prose(lists.scanList),
  "todo.import": prose(importedList),
  "todo.export": prose(exportedList),
  "todo.check": prose(checkedList),
};

/** Where a text was, or would be, taken out. */
function redactedText({ entries, archived, texts, dry_run: isDry }: Answer<"log.redact">): string {
  if (entries + texts === 0) return "It was found nowhere.";
  const where = `${entries} entries of the history, ${archived} of them archived, and ${texts} other texts`;
  return isDry
    ? `It was found in ${where}. Nothing was changed.`
    : `Redacted in ${where}. Backups, run logs and git keep what they have: replace a secret that has leaked.`;
}

/** The state of an item, and in review what it waits for. */
function stateText({ ref: of, state, phase }: Answer<"verify">["item"]): string {
  const waitsFor = {
    verify: "its check",
    human: `a person: sluice verify ${of}`,
    land: `its landing: sluice land ${of}`,
    await_git: "git to see its commit on the target",
    evidence: `evidence: sluice evidence add ${of} KIND=VALUE`,
  };
  return phase === undefined ? state : `in ${state} and waits for ${waitsFor[phase]}`;
}
