/** The lines that the show prints: what was tried, what came, and whether it was as promised. */

export function title(text: string): void {
  console.log(`\n${text}`);
}

/** A line; a promise that was broken makes the exit status 1. */
export function tell(kept: boolean, what: string, came: string): void {
  console.log(`${kept ? 'kept  ' : 'BROKEN'} ${what.padEnd(60)} ${came}`);
  if (!kept) process.exitCode = 1;
}
