/** The TODO.md format, as operations see it. Filled in by `formats/todo-md`. */
export interface TodoFormat {
  readonly name: "todo-md";
}
