/** Sends the doctor's requests to an echo route, and collects what was changed on the way. */
import type { FieldLine } from '@countersign/canonical';
import type { Change } from './change.js';
import { compareRequest } from './compare.js';
import { anotherField, OTHER_FIELD, prefixChange, strippedPrefix } from './everywhere.js';
import { type ChangeOf, type DoctorReport, doctorReport } from './findings.js';
import { isSignatureIntact } from './mismatch.js';
import { firstArrival, requireUnread } from './reach.js';
import { readEcho } from './read-echo.js';
import { DOCTOR_REQUESTS, type DoctorRequest, REQUEST_FIELD } from './requests.js';
import { type Answer, type SendOptions, send } from './send.js';
import { doctorSigner, type SentRequest } from './sign.js';

interface Examination extends SendOptions {
  /** The field that carries the signature. */
  readonly header: string;
  /** Fields that go along with every request, unsigned unless the protocol signs them. */
  readonly extra: readonly FieldLine[];
  readonly onSent: (count: number, of: number) => void;
}

/** @throws UsageError when there is no echo at the URL, or it cannot be reached */
export async function examine(examination: Examination): Promise<DoctorReport> {
  const { url, header, extra, onSent } = examination;
  const changes: ChangeOf[] = [];
  const [plain, ...others] = DOCTOR_REQUESTS;
  const note = ({ about }: DoctorRequest, found: readonly Change[]): void => {
    for (const change of found) changes.push({ about, ...change });
  };
  let signer = doctorSigner(url, header, extra);
  let first = signer.sign(plain);
  let arrival = await firstArrival(first, examination);
  if (!isSignatureIntact(first, arrival) && first.signatureField !== OTHER_FIELD) {
    const instead = doctorSigner(url, OTHER_FIELD, extra);
    const second = instead.sign(plain);
    const heard = await firstArrival(second, examination);
    if (isSignatureIntact(second, heard)) {
      note(plain, [anotherField(first, arrival)]);
      [signer, first, arrival] = [instead, second, heard];
    }
  }
  const prefix = strippedPrefix(first, arrival);
  if (prefix !== '') note(plain, [prefixChange(prefix, first, arrival)]);
  note(plain, compareRequest(first, arrival, prefix));
  onSent(1, DOCTOR_REQUESTS.length);
  for (const [i, request] of others.entries()) {
    note(request, await examineOne(signer.sign(request), prefix, examination));
    onSent(i + 2, DOCTOR_REQUESTS.length);
  }
  return doctorReport(url, DOCTOR_REQUESTS.length, changes);
}

async function examineOne(sent: SentRequest, prefix: string, options: SendOptions): Promise<Change[]> {
  let answer: Answer;
  try {
    answer = await send(sent, options);
  } catch (error) {
    return [notPassedOn(error instanceof Error ? error.message : String(error))];
  }
  const arrival = readEcho(answer);
  if (arrival === undefined) {
    const how =
      sent.method === 'HEAD' && answer.status === 200
        ? 'the answer does not say what arrived: its field countersign-echo is missing'
        : `it is answered with status ${answer.status}, and not by the echo`;
    return [notPassedOn(how)];
  }
  const id = arrival.fields.find(([name]) => name === REQUEST_FIELD)?.[1];
  if (typeof id === 'string' && id !== sent.id) {
    return [
      notPassedOn('the answer is of another request: a cache gave it, against cache-control: no-store'),
    ];
  }
  requireUnread(arrival, options.url);
  return compareRequest(sent, arrival, prefix);
}

function notPassedOn(how: string): Change {
  return { effect: 'breaks', what: 'request', how, advice: 'have the hops pass such requests on' };
}
