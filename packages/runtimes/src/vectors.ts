/** The published vectors, as a runtime is given them. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Vectors } from './suite/canonical-checks.js';

const VERDICT_FILE = 'verdict.json';

/** @param folder default: that of @countersign/canonical, as it is published */
export function readVectors(folder: string = publishedFolder()): Vectors {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  const read = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'));
  return {
    requests: files.filter((file) => file !== VERDICT_FILE).flatMap(read),
    verdicts: files.filter((file) => file === VERDICT_FILE).flatMap(read),
  };
}

function publishedFolder(): string {
  return dirname(createRequire(import.meta.url).resolve(`@countersign/canonical/vectors/${VERDICT_FILE}`));
}
