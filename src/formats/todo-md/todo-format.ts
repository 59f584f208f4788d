import type { TodoFormat } from "#operations/ports/todo-format.ts";

/** The TODO.md format as operations use it. */
export const todoFormat: TodoFormat = { name: "todo-md" };
