/**
 * What a browser loads: everything that is imported, bundled by esbuild as for a current browser, minified and gzipped.
 * Other bundlers (rolldown, terser behind either) come within 3 % of it.
 */
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { Extent } from '../extent.js';
import type { Comparison, Measured, Role, Row } from '../results.js';

interface Entry {
  readonly name: string;
  readonly role: Role;
  readonly note?: string;
  readonly code: string;
}

const BENCH = fileURLToPath(new URL('../..', import.meta.url));
const GZIP_LEVEL = 9;
const OURS = 'countersign: createSigner and createFetch';

const ENTRIES: readonly Entry[] = [
  {
    name: OURS,
    role: 'us',
    note: 'signs, sends, sends again',
    code: `export { createSigner, createFetch } from '@countersign/client'`,
  },
  {
    name: 'countersign: createSigner',
    role: 'us',
    note: 'signs',
    code: `export { createSigner } from '@countersign/client'`,
  },
  {
    name: '@noble/hashes: HMAC and SHA-256',
    role: 'floor',
    note: 'what Countersign hashes with in browsers',
    code: `export { hmac } from '@noble/hashes/hmac.js'; export { sha256 } from '@noble/hashes/sha2.js'`,
  },
  {
    name: '@smithy/signature-v4',
    role: 'peer',
    note: 'signs; with @aws-crypto/sha256-js',
    code: `export { SignatureV4 } from '@smithy/signature-v4'; export { Sha256 } from '@aws-crypto/sha256-js'`,
  },
  {
    name: 'standardwebhooks',
    role: 'peer',
    note: 'signs and verifies',
    code: `export { Webhook } from 'standardwebhooks'`,
  },
  {
    name: 'aws4fetch',
    role: 'peer',
    note: 'signs by WebCrypto, sends, sends again',
    code: `export { AwsClient } from 'aws4fetch'`,
  },
];

export async function measureBundle(_extent: Extent): Promise<Measured> {
  const rows: Row[] = [];
  let later: Readonly<Record<string, number>> = {};
  for (const { name, role, note, code } of ENTRIES) {
    const { first, rest } = await bundledKib(code);
    if (name === OURS) later = rest;
    const ratio = first / (rows[0]?.value ?? first);
    rows.push({
      name,
      role,
      value: first,
      low: first,
      high: first,
      ratio,
      ...(note === undefined ? {} : { note }),
    });
  }
  const comparison: Comparison = {
    id: 'bundle',
    title: 'Code for browsers, minified and gzipped',
    unit: 'KiB',
    better: 'less',
    rows,
    notes: [
      `Everything that is imported at the start. ${Object.entries(later)
        .map(([file, kib]) => `${file} (${kib.toFixed(1)} KiB)`)
        .join(
          ' and ',
        )} are loaded when they are first used: with \`pace: true\`, and for a redirect that can be followed, which browsers never show. hawk, aws4, http-message-signatures and hmac-auth-express need Node.`,
    ],
  };
  const [ours] = rows;
  return { comparisons: [comparison], figures: { bundle: ours?.value ?? Number.NaN } };
}

/** What is loaded at the start, and what each `import()` may load later, by the file that it names. */
async function bundledKib(contents: string): Promise<{ first: number; rest: Record<string, number> }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: BENCH },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    metafile: true,
    outdir: '/',
    write: false,
    logLevel: 'error',
  });
  const starts = new Set<string>();
  const follow = (path: string): void => {
    if (starts.has(path)) return;
    starts.add(path);
    for (const { kind, path: next } of metafile.outputs[path]?.imports ?? []) {
      if (kind === 'import-statement') follow(next);
    }
  };
  const entry = Object.keys(metafile.outputs).find(
    (path) => metafile.outputs[path]?.entryPoint !== undefined,
  );
  if (entry === undefined) throw new Error('esbuild made no entry');
  follow(entry);
  let first = 0;
  const rest: Record<string, number> = {};
  for (const { path, contents: bytes } of outputFiles) {
    const kib = gzipSync(bytes, { level: GZIP_LEVEL }).length / 1_024;
    const output = Object.keys(metafile.outputs).find((name) => basename(name) === basename(path)) ?? path;
    if (starts.has(output)) first += kib;
    else rest[basename(metafile.outputs[output]?.entryPoint ?? output)] = kib;
  }
  return { first, rest };
}
