/** A page that is written by hand, with a part between two markers that a command writes. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Puts `text` between the markers of `command`; nothing else changes. @throws Error when they are not there */
export function writeBetween(path: string, command: string, text: string): void {
  const begin = `<!-- written by ${command} -->`;
  const end = `<!-- /written by ${command} -->`;
  const page = readFileSync(path, 'utf8');
  const [before, rest] = page.split(`${begin}\n`);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`${path} has no place for ${command}`);
  writeFileSync(path, `${before}${begin}\n\n${text}\n\n${end}${after}`);
}
