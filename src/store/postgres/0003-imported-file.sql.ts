/** Migration 3 on PostgreSQL: what an import made of each file, so that a file that has not changed is not parsed again. */
export const IMPORTED_FILE = `
create table imported_file (system text not null, origin text not null, digest text not null, entries text not null, primary key (system, origin));
`;
