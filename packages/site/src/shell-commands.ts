/**
 * The commands that pages tell a reader to type: `npm run …`, `node …` and `countersign …` of sh and console blocks, with
 * the line on which each stands. It runs none and does not know what exists.
 */
import { partsOf } from './markdown.js';

export interface ShellCommand {
  /** `npm run`, `node` or `countersign`. */
  readonly program: string;
  /** What stands behind it, up to the end of the command. Quoted words have their quotes and nothing else. */
  readonly words: readonly string[];
  readonly line: number;
}

const PROGRAM = /(?<=^|[(|&;$]\s*|\bnpx\s)(npm run|node|countersign)(?=\s)([^|;&)>\n]*)/g;

/** In a console block what begins with `$`, in a sh block every line. A backslash at its end goes on. */
export function commandsOf(markdown: string): ShellCommand[] {
  return partsOf(markdown).flatMap((part) => {
    if (!('language' in part) || !['sh', 'console'].includes(part.language)) return [];
    const lines = part.text.replace(/\\\n/g, ' '.repeat(2)).split('\n');
    return lines.flatMap((text, at) => {
      if (part.language === 'console' && !text.startsWith('$ ')) return [];
      // What is quoted is somebody else's text, and may hold anything.
      const bare = text
        .replace(/'[^']*'/g, "''")
        .replace(/"(?:[^"$]|\$(?!\())*"/g, '""')
        .replace(/(^|\s)#.*$/, '');
      return [...bare.matchAll(PROGRAM)].map(([, program = '', rest = '']) => ({
        program,
        words: rest.trim().split(/\s+/),
        line: part.line + at,
      }));
    });
  });
}
