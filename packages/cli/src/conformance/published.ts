/** The published vectors, as they lie in @countersign/canonical, and which of them were asked for. Nothing is judged here. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { RequestVector, VerdictVector } from '@countersign/canonical';
import { UsageError } from '../terminal/usage-error.js';

type Vector = RequestVector | VerdictVector;

/** A file of vectors, by the part of the specification that it is about. */
export interface Stage {
  readonly stage: string;
  readonly vectors: readonly Vector[];
}

export function isVerdictVector(vector: Vector): vector is VerdictVector {
  return 'field' in vector;
}

/** Every file that is published: none is named here, so that none can be forgotten. */
export function publishedStages(): Stage[] {
  const packageFile = createRequire(import.meta.url).resolve('@countersign/canonical/package.json');
  const folder = join(dirname(packageFile), 'vectors');
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.sort().map((file) => ({
    stage: file.slice(0, -'.json'.length),
    vectors: JSON.parse(readFileSync(join(folder, file), 'utf8')),
  }));
}

/** What the options leave of the vectors. */
export interface Selection {
  /** Names of stages; all without any. */
  readonly stage?: readonly string[];
  /** Parts of names, in any case; all without any. */
  readonly name?: readonly string[];
}

/** @throws UsageError when nothing is left, or a stage is not published */
export function selectVectors(stages: readonly Stage[], { stage, name }: Selection): Stage[] {
  const published = stages.map((one) => one.stage);
  for (const asked of stage ?? []) {
    if (!published.includes(asked))
      throw new UsageError(`--stage: there is no ${asked}; published are ${published.join(', ')}`);
  }
  const parts = name?.map((part) => part.toLowerCase());
  const selected = stages
    .filter((one) => stage?.includes(one.stage) ?? true)
    .map((one) => ({
      stage: one.stage,
      vectors: one.vectors.filter(
        (vector) => parts?.some((part) => vector.name.toLowerCase().includes(part)) ?? true,
      ),
    }))
    .filter(({ vectors }) => vectors.length > 0);
  if (selected.length === 0) throw new UsageError('--name: no vector has that in its name');
  return selected;
}
