import type { RunnerEvent } from "#operations/ports/launcher.ts";
import { redactText } from "./redactor.ts";

/** The event without secrets in what the agent or its program has written freely. */
export function redactEvent(secrets: readonly string[], event: RunnerEvent): RunnerEvent {
  switch (event.type) {
    case "message":
      return { ...event, text: redactText(secrets, event.text) };
    case "ended":
      return { ...event, message: redactText(secrets, event.message) };
    case "broken":
      return { ...event, reason: redactText(secrets, event.reason) };
    case "session":
    case "tool":
    case "denied":
    case "retry":
      return event;
  }
}
