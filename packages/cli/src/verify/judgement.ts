/** What came of a verification: each step with its outcome, in words. */
import type { ReadRequest } from '@countersign/canonical';
import { REFUSALS, type RefusalCode } from '@countersign/server';
import { ADVICE } from '../explain/advice.js';
import { STEPS, type StepName, stepOf } from './steps.js';

export type StepOutcome = 'passed' | 'refused' | 'not judged' | 'not reached';

export interface StepResult {
  /** Counted from 1, as in spec 3. */
  readonly step: number;
  readonly name: StepName;
  readonly outcome: StepOutcome;
  /** What was found, or why it was refused or not judged. */
  readonly detail?: string;
  readonly code?: RefusalCode;
  /** What a server answers the refusal with. */
  readonly status?: number;
  readonly fix?: string;
}

export interface Judgement {
  readonly verified: boolean;
  readonly steps: readonly StepResult[];
  /** The time at which freshness was judged, Unix time in milliseconds. */
  readonly atMs: number;
  /** What the verifier computes; absent where step 1 refuses the request. */
  readonly canonical?: string;
  /** What the client says it signed: its `countersign-debug` field. */
  readonly sent?: string;
}

/** What is known when the verdict is there. */
interface Facts {
  readonly read: ReadRequest | undefined;
  /** The verifier's, with its reason for the operator. */
  readonly refusal: { readonly code: RefusalCode; readonly reason: string } | undefined;
  /** The key that was given. */
  readonly keyId: string;
  /** The scope that the request was proved for. */
  readonly scope: string;
  /** `undefined`: the body was not looked at. */
  readonly bodyBytes: number | undefined;
  readonly atMs: number;
}

const MOST_MS = 8_640_000_000_000_000;

/** Every step with its outcome. */
export function judgedSteps(facts: Facts): readonly StepResult[] {
  const { read, refusal, keyId, bodyBytes } = facts;
  const refused = refusal === undefined ? undefined : stepOf(refusal.code, read?.authorization.key === keyId);
  const end = refused === undefined ? STEPS.length : STEPS.indexOf(refused);
  return STEPS.map((name, at): StepResult => {
    const step = at + 1;
    if (refusal !== undefined && at === end) return { step, name, ...refusedStep(name, refusal, facts) };
    if (at > end) return { step, name, outcome: 'not reached' };
    if (name === 'admission') {
      const detail =
        "whether it was admitted before, and what its budgets have left, only the server's store knows";
      return { step, name, outcome: 'not judged', detail };
    }
    if (name === 'body' && bodyBytes === undefined) {
      const detail = 'there is a body that was not recorded: give it by --body-file';
      return { step, name, outcome: 'not judged', detail };
    }
    return { step, name, outcome: 'passed', detail: found(name, facts) };
  });
}

function refusedStep(
  name: StepName,
  { code, reason }: NonNullable<Facts['refusal']>,
  { read, keyId }: Facts,
): Pick<StepResult, 'outcome' | 'code' | 'status' | 'detail' | 'fix'> {
  const refused = { outcome: 'refused', code, status: REFUSALS[code].status } as const;
  switch (name) {
    case 'find key':
      return {
        ...refused,
        detail: `signed with key ${read?.authorization.key}, and the secret given is that of ${keyId}`,
        fix: 'give the key that signed: its id by --key, its secret by COUNTERSIGN_SECRET, or both by --key-file',
      };
    case 'prove':
      return {
        ...refused,
        detail: 'the request is not the one that was signed, or the secret is another',
        fix: 'give --audience and --prefix as the server has them; --explain lists the canonical string, which countersign explain compares with that of the client; where they are equal, the secret differs',
      };
    default:
      return { ...refused, detail: reason, fix: ADVICE[code] };
  }
}

/** What a step that was passed found. */
function found(name: StepName, { read, scope, bodyBytes, atMs, keyId }: Facts): string {
  const signedAtMs = Number(read?.authorization.ts);
  const fields = read?.authorization.headers ?? [];
  switch (name) {
    case 'parse':
      return `${read?.parts.method} ${read?.parts.path} for ${read?.parts.audience}; ${
        fields.length === 0 ? 'no signed fields' : `signed: ${fields.join(', ')}`
      }`;
    case 'find key':
      return keyId;
    case 'prove':
      return 'the HMAC of the canonical string under the secret is the signature';
    case 'freshness':
      return `signed ${isoTime(signedAtMs)}, judged at ${isoTime(atMs)}`;
    case 'scope':
      return scope === '' ? 'none' : scope;
    default:
      return `${bodyBytes} byte${bodyBytes === 1 ? '' : 's'}, their SHA-256 is the signed digest`;
  }
}

/** A time as people read it, where it is one that can be written so. */
function isoTime(ms: number): string {
  return Math.abs(ms) <= MOST_MS ? new Date(ms).toISOString() : String(ms);
}
