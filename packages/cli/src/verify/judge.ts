/**
 * Puts a recorded request before a real verifier and writes down how far it came. The verdict is the verifier's; what is
 * read beside it only describes the request.
 */
import {
  CanonicalError,
  canonicalize,
  DEBUG_FIELD,
  parseDebug,
  type ReadRequest,
  type RequestHead,
  readRequest,
  requestPolicy,
} from '@countersign/canonical';
import {
  type Audience,
  createVerifier,
  keyring,
  type ProvedHead,
  type Store,
  type Verdict,
  type VerdictEvent,
} from '@countersign/server';
import {
  announcedBodyBytes,
  nodeBody,
  nodeRequest,
  requireAdapterOptions,
} from '@countersign/server/adapter';
import type { Credentials } from '../credentials.js';
import type { Recording } from '../recording/open-recording.js';
import { asUsage } from '../terminal/usage-error.js';
import { type Judgement, judgedSteps } from './judgement.js';

/** The verifier and route that a request is judged by; what is absent has the verifier's default. */
interface Court {
  readonly credentials: Credentials;
  readonly audience: Audience;
  readonly header?: string;
  readonly requireSigned?: readonly string[];
  readonly maxBodyBytes?: number;
  /** What the key is granted. */
  readonly scopes: readonly string[];
  /** The scope of the route. */
  readonly scope?: string;
  readonly children: boolean;
  readonly prefix?: string;
  /** When; default: the moment of signing. */
  readonly atMs?: number;
}

/** What is demanded of a head. */
type Demands = Parameters<typeof requestPolicy>[0];

/** Nonces and budgets are the server's: here every request is the first. */
const NO_MEMORY: Store = { admit: () => ({ outcome: 'admitted', levels: [] }) };

/**
 * @param body the body, where it is not the recording's
 * @throws UsageError when the options are wrong
 */
export async function judge(
  recording: Recording,
  body: Uint8Array | undefined,
  court: Court,
): Promise<Judgement> {
  const { credentials, scopes, scope, children, prefix } = court;
  const { audience, header, requireSigned, maxBodyBytes } = court;
  const { incoming } = recording;
  const demands: Demands = {
    audience,
    ...(header === undefined ? {} : { header }),
    ...(requireSigned === undefined ? {} : { requireSigned }),
  };
  const place = prefix === undefined ? {} : { prefix };
  let event: VerdictEvent | undefined;
  let atMs = court.atMs ?? Date.now();
  const verifier = asUsage('options', () => {
    requireAdapterOptions({ scope: scope ?? (() => undefined), ...place });
    return createVerifier({
      ...demands,
      ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
      keys: keyring(Object.fromEntries([[credentials.keyId, { secret: credentials.secret, scopes }]])),
      store: NO_MEMORY,
      now: () => atMs,
      onVerdict: (heard) => {
        event = heard;
      },
    });
  });
  const head = nodeRequest(incoming, incoming.url ?? '', place);
  const read = describe(head, demands);
  if (court.atMs === undefined && read !== undefined) atMs = Number(read.parts.ts);

  const route = scope === undefined ? {} : { scope, children };
  const proved = await verifier.verify(head, route);
  const withBody = proved.ok ? await checkBody(proved, recording, body) : undefined;
  const verdict = withBody?.verdict ?? proved;
  const sent = parseDebug(read?.fields.get(DEBUG_FIELD)[0] ?? '');
  return {
    verified: verdict.ok,
    steps: judgedSteps({
      read,
      refusal: verdict.ok ? undefined : { code: verdict.code, reason: event?.reason ?? '' },
      keyId: credentials.keyId,
      scope: proved.ok ? proved.scope : (event?.scope ?? ''),
      bodyBytes: withBody?.bytes,
      atMs,
    }),
    atMs,
    ...(read === undefined ? {} : { canonical: canonicalize(read.parts) }),
    ...(sent === undefined ? {} : { sent }),
  };
}

/** The request's parts, for the one who reads the report; `undefined` where the verifier refuses it in its first step. */
function describe(head: RequestHead, demands: Demands): ReadRequest | undefined {
  try {
    return readRequest(head, requestPolicy(demands));
  } catch (error) {
    if (error instanceof CanonicalError) return undefined;
    throw error;
  }
}

/** The verdict with the body; `undefined` where there is one that was not recorded. */
async function checkBody(
  proved: ProvedHead,
  { incoming, holdsBody }: Recording,
  body: Uint8Array | undefined,
): Promise<{ readonly verdict: Verdict; readonly bytes: number } | undefined> {
  if (body === undefined && holdsBody) {
    const verdict = await proved.buffer(nodeBody(incoming, { putBack: false }));
    return { verdict, bytes: verdict.ok ? verdict.body.length : 0 };
  }
  if (body === undefined && announcedBodyBytes(incoming) !== 0) return undefined;
  const bytes = body ?? new Uint8Array();
  return { verdict: await proved.withBody(bytes), bytes: bytes.length };
}
