/** What a finding shows of a request and its answer: no secret, no credential, no full signature, and not much of either. */
import { DEBUG_FIELD } from '@countersign/canonical';
import type { Answer } from './exchange.js';
import { tellAnswer } from './judge.js';
import type { Plan } from './plan.js';
import { formatRequest, type RawRequest } from './raw-request.js';
import type { Evidence } from './report.js';
import { secretSpellings } from './secret-spellings.js';

const SHOWN_REQUEST_CHARACTERS = 2_000;
const SHOWN_ANSWER_CHARACTERS = 300;
/** MACs as an answer may quote them, and digests, which look the same. */
const MACS = /(?<![0-9a-f])([0-9a-f]{8})[0-9a-f]{56}(?![0-9a-f])/gi;
/** It holds signed values in base64url. */
const DEBUG_LINE = new RegExp(`^(${DEBUG_FIELD}: ).+$`, 'gim');
/** Names of fields that carry what lets somebody in. */
const CREDENTIAL = /auth|cookie|token|secret|session|pass|key/i;
const MIN_CREDENTIAL_CHARACTERS = 6;

/**
 * All of both; `shownEvidence` makes it fit to be shown.
 *
 * @param variant what was sent, in words
 */
export function evidence(variant: string, request: RawRequest, answer: Answer): Evidence {
  const sent = formatRequest(request).toString('latin1').replaceAll('\r\n', '\n');
  if ('failure' in answer) return { variant, sent, status: 0, answer: tellAnswer(answer) };
  const { status, code, body } = answer;
  return { variant, sent, status, ...(code === undefined ? {} : { code }), answer: body };
}

/** The evidence for a report. */
export function shownEvidence(plan: Plan, { sent, answer, ...rest }: Evidence): Evidence {
  const short = withoutCredentials(plan, sent)
    .replace(/(sig="[0-9a-fA-F]{8})[0-9a-fA-F]+/g, '$1…')
    .replace(DEBUG_LINE, '$1…');
  return { ...rest, sent: cut(short, SHOWN_REQUEST_CHARACTERS), answer: shownText(plan, answer) };
}

/** What an endpoint says, which may be anything, the secret and the request included. */
export function shownText(plan: Plan, text: string): string {
  // Cut last, or what is cut in two would not be known.
  return cut(withoutCredentials(plan, text).replace(MACS, '$1…'), SHOWN_ANSWER_CHARACTERS);
}

function withoutCredentials({ credentials, headers }: Plan, text: string): string {
  const given = headers.flatMap(([name, value]) =>
    CREDENTIAL.test(name) ? [value, ...value.split(' ')] : [],
  );
  const known = given.filter((each) => each.length >= MIN_CREDENTIAL_CHARACTERS);
  const spellings = secretSpellings(credentials.secret);
  const secretless = spellings.reduce((left, each) => left.replaceAll(each, '[secret]'), text);
  return known.reduce((left, each) => left.replaceAll(each, '[credential]'), secretless);
}

function cut(text: string, characters: number): string {
  return text.length > characters ? `${text.slice(0, characters)}…` : text;
}
