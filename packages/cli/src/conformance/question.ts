/**
 * What another implementation is asked about a vector, and what it should answer. An accepted request is asked to both
 * sides, the signer and the verifier; a refusal to the verifier alone, as spec 7.1 has it. A question never holds what
 * its answer should be, nor anything by which accepted and refused could be told apart.
 */
import type { RequestVector, VerdictVector } from '@countersign/canonical';
import { isVerdictVector, type Stage } from './published.js';

export const TASKS = ['sign', 'verify', 'write-verdict', 'open-verdict'] as const;
export type Task = (typeof TASKS)[number];

export interface Question {
  readonly task: Task;
  readonly stage: string;
  readonly name: string;
  /** What is written, as one JSON line. */
  readonly input: Readonly<Record<string, unknown>>;
  /** The members that the answer must have, and their values. */
  readonly expected: Readonly<Record<string, string | true>>;
  /** Why it is refused, for people. */
  readonly detail?: string;
  /** The secret of the vector: published, and good for telling what went wrong with a MAC. */
  readonly secret: string;
  /** Whether an implementation that works on octets can be asked at all (spec 7.1). */
  readonly octets: boolean;
}

/** Every question of these tasks, in the order in which they are asked. */
export function questionsOf(stages: readonly Stage[], tasks: readonly Task[]): Question[] {
  const asked = stages.flatMap(({ stage, vectors }) =>
    vectors.flatMap((vector) =>
      isVerdictVector(vector) ? verdictQuestions(stage, vector) : requestQuestions(stage, vector),
    ),
  );
  return asked.filter(({ task }) => tasks.includes(task));
}

function requestQuestions(stage: string, vector: RequestVector): Question[] {
  const { name, method, target, secret, header, accept, requireSigned, refused, detail } = vector;
  const { canonical = '', signature = '', authorization = '' } = vector;
  const common = { stage, name, secret, ...(detail === undefined ? {} : { detail }) };
  const verify: Question = {
    ...common,
    task: 'verify',
    input: clean({
      task: 'verify',
      name,
      method,
      target,
      headers: arrivingLines(vector),
      header,
      accept,
      requireSigned,
      secret,
    }),
    expected: refused === undefined ? { canonical, signature } : { refused },
    octets: !/[^\u0000-\u00ff]/.test(JSON.stringify([method, target, vector.headers, vector.authorization])),
  };
  if (refused !== undefined) return [verify];
  const { headers, signed, body, bodyBase64, keyId, timestamp, nonce, scope } = vector;
  const sign: Question = {
    ...common,
    task: 'sign',
    input: clean({
      task: 'sign',
      name,
      method,
      target,
      audience: signedAudience(vector),
      headers,
      signed,
      body,
      bodyBase64,
      keyId,
      secret,
      timestamp,
      nonce,
      scope,
      header,
    }),
    expected: { canonical, signature, authorization },
    octets: true,
  };
  return [sign, verify];
}

function verdictQuestions(stage: string, vector: VerdictVector): Question[] {
  const { name, secret, keyId, nonce, requestSignature, field, detail } = vector;
  const { code, time, deadSince, retryAfterMs, text, signature, refused } = vector;
  const subject = { name, secret, keyId, nonce, requestSignature };
  const parameters = { code, time, deadSince, retryAfterMs };
  const common = { stage, name, secret, octets: true, ...(detail === undefined ? {} : { detail }) };
  const open: Question = {
    ...common,
    task: 'open-verdict',
    input: { task: 'open-verdict', ...subject, field },
    expected: refused === undefined ? parameters : { refused },
  };
  if (refused !== undefined) return [open];
  const write: Question = {
    ...common,
    task: 'write-verdict',
    input: { task: 'write-verdict', ...subject, ...parameters },
    expected: { text, signature, field },
  };
  return [write, open];
}

/** The field lines as a verifier receives them: with Host, and with the signature. */
function arrivingLines({ headers, audience, authorization, header = 'authorization' }: RequestVector) {
  const lines = [...headers];
  const has = (wanted: string): boolean => lines.some(([name]) => name.toLowerCase() === wanted);
  if (audience !== undefined && !has('host')) lines.push(['Host', audience]);
  if (authorization !== undefined && !has(header)) lines.push([header, authorization]);
  return lines;
}

/** The authority that a signer is told to sign; none where the target has it. */
function signedAudience({ accept, target, audience, headers }: RequestVector): string | undefined {
  if (typeof accept === 'string') return accept;
  if (!target.startsWith('/')) return undefined;
  const line = (wanted: string) => headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
  return line(':authority') ?? audience ?? line('host');
}

function clean(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
