/** What a finding shows of a request and its answer. */
import type { Answer } from './exchange.js';
import { tellAnswer } from './judge.js';
import { type RawRequest, showRequest } from './raw-request.js';
import type { Evidence } from './report.js';

const SHOWN_CHARACTERS = 300;

/** @param variant what was sent, in words */
export function evidence(variant: string, request: RawRequest, answer: Answer): Evidence {
  const sent = showRequest(request);
  if ('failure' in answer) return { variant, sent, status: 0, answer: tellAnswer(answer) };
  const { status, code, body } = answer;
  const beginning = body.length > SHOWN_CHARACTERS ? `${body.slice(0, SHOWN_CHARACTERS)}…` : body;
  return { variant, sent, status, ...(code === undefined ? {} : { code }), answer: beginning };
}
