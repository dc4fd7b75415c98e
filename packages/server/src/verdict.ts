/** The verifier's answers, as types. How they come about is in `verifier.ts`, how they are worded in `answer.ts`. */
import type { Eventually } from './eventually.js';
import type { RefusalCode } from './refusals.js';
import type { SignedRequest } from './signed-request.js';
import type { BodyRefusedError, BodySource, VerifiedStream } from './steps/body.js';
import type { BudgetLevel } from './store.js';

/** An RFC 9457 problem document. Further members depend on the code. */
export interface ProblemDetails {
  /** A URN of the code, `urn:countersign:problem:…`, or the IANA type of `rate-limited`. */
  readonly type: string;
  /** What happened, the same for every case of a code. */
  readonly title: string;
  /** The HTTP status. */
  readonly status: number;
  /** What to do, for people. It may change. */
  readonly detail: string;
  /** Stable: branch on this. */
  readonly code: RefusalCode;
  readonly [member: string]: unknown;
}

/** The key that signed, without its secrets. */
export interface ProvedKey {
  /** The key id. */
  readonly id: string;
  /** The account whose budgets are charged. */
  readonly owner: string;
  /** What the key is granted. */
  readonly scopes: readonly string[];
}

/** A request that was refused. Nothing was charged, unless `problem.charged` says so. */
export interface Refused {
  /** Tells a refusal from an admission. */
  readonly ok: false;
  /** Stable; [errors](https://github.com/countersign-hq/countersign/blob/main/docs/errors.md) has them all. */
  readonly code: RefusalCode;
  /** The HTTP status of the answer. */
  readonly status: number;
  /** Fields of the answer, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body of the answer, as `application/problem+json`. */
  readonly problem: ProblemDetails;
  /** When the same signed request may be sent again, in milliseconds from now; absent when that is not known. */
  readonly retryAfterMs?: number;
  /** Whether a body was announced and not read: the connection cannot be used again. */
  readonly closeConnection: boolean;
}

/** A request whose head was proved: everything but its body and its admission. */
export interface Proved {
  /** Tells it from a refusal. */
  readonly ok: true;
  /** What the signature covers, and nothing else. */
  readonly request: SignedRequest;
  /** Who signed. */
  readonly key: ProvedKey;
  /** The scope that the request is admitted and charged for. Empty when neither route nor signature names one. */
  readonly scope: string;
}

/** A request that was admitted: counted once, and never again. */
export interface Admitted extends Proved {
  /** What each budget on the path has left. */
  readonly budgets: readonly BudgetLevel[];
  /** Fields for the answer, by lower-case name; `cache-control` and `vary` yield to the application's own. */
  readonly headers: Readonly<Record<string, string>>;
}

/** An admitted request and the body that was verified before its admission. */
export interface AdmittedWithBody extends Admitted {
  /** The bytes as transmitted; empty when there are none. */
  readonly body: Uint8Array;
}

/** An admitted request whose body is still to be read. The bytes are unauthenticated until `verified` resolves. */
export interface AdmittedStream extends Admitted, VerifiedStream {
  /** The answer to a body that turned out wrong. It says that the request was charged. */
  readonly refuse: (error: BodyRefusedError) => Refused;
}

/** The verifier's answer to a whole request. */
export type Verdict = Admitted | Refused;

/** The verdict on a head alone, with what an adapter needs to go on. Nothing has been admitted yet. */
export interface ProvedHead extends Proved {
  /** Reads and checks the body, then admits: steps 6 and 7. */
  readonly buffer: (source: BodySource) => Eventually<AdmittedWithBody | Refused>;
  /** Admits, then lets the body through while checking it: step 7 before step 6. */
  readonly stream: (source: BodySource) => Eventually<AdmittedStream | Refused>;
  /** Checks a body that is there as a whole, then admits. */
  readonly withBody: (body: Uint8Array | string) => Eventually<Verdict>;
}

/** What the operator's hook hears of each request, once. Holds no secret and no signature. */
export interface VerdictEvent {
  /** What was answered. */
  readonly code: RefusalCode | 'admitted';
  /** The HTTP status; 200 for an admission, whatever the application answers. */
  readonly status: number;
  /** Why, for the operator. Never sent to the caller. */
  readonly reason?: string;
  /** Unix time in milliseconds. */
  readonly atMs: number;
  /** From the first step to the verdict, in milliseconds, the wait for body and store included. */
  readonly durationMs: number;
  /** As it came. */
  readonly method: string;
  /** The raw target. */
  readonly target: string;
  /** The client's address, as the adapter knows it. */
  readonly address?: string;
  /** The key id that was claimed; `proved` says whether it was shown to be the caller's. */
  readonly keyId?: string;
  /** Whether the MAC was right: the key id is then the caller's. */
  readonly proved: boolean;
  /** Of a proved key. */
  readonly owner?: string;
  /** Of a proved key: which of its `secrets` it was, from 0. While secrets are rotated it shows who still uses the old one. */
  readonly secretIndex?: number;
  /** The scope that was charged, or would have been; absent where it was not settled. */
  readonly scope?: string;
  /** What the budgets on the path had left; where they were looked at. */
  readonly budgets?: readonly BudgetLevel[];
}
