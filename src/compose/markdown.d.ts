/** A page that is built into the program. */
declare module "*.md" {
  const text: string;
  export default text;
}
