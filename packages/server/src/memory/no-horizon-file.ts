/**
 * Stands in for `horizon-file.ts` where there is no Node and so no file.
 */
import type { MarkFile } from './mark-file.js';

/** @throws TypeError always */
export function openHorizonFile(path: string): MarkFile {
  throw new TypeError(`horizonFile: cannot use ${path}: this runtime is not Node and has no locked files`);
}
