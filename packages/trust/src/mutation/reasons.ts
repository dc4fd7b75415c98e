/**
 * Why a mutant may live: written by hand in `survivors.json`, found again by what the line says and what was changed in
 * it, so that a line may move.
 */
import { readFileSync } from 'node:fs';
import type { Mutant } from './run-area.js';

/** A mutation by its text. */
export interface KnownSurvivor {
  /** The first line of what was mutated, without the space around it. */
  readonly code: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

/** By file, from the root of the repository. */
export type KnownSurvivors = Readonly<Record<string, readonly KnownSurvivor[]>>;

export function readReasons(): KnownSurvivors {
  return JSON.parse(readFileSync(new URL('../../src/mutation/survivors.json', import.meta.url), 'utf8'));
}

/** The reason for this survivor; `undefined` when nobody has given one. */
export function reasonFor(known: KnownSurvivors, { file, code, from, to }: Mutant): string | undefined {
  return known[file]?.find((one) => one.code === code && one.from === from && one.to === to)?.reason;
}
