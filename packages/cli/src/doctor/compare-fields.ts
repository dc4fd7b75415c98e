/** Which header fields were added, removed or changed on the way, and whether the verifier notices. */
import { type FieldLine, fieldsSignedWhenPresent } from '@countersign/canonical';
import type { Arrival } from '@countersign/server/adapter';
import type { Change } from './change.js';
import { signatureChange } from './everywhere.js';
import { isSignatureIntact, mismatch } from './mismatch.js';
import { LONG_FIELD } from './requests.js';
import type { SentRequest } from './sign.js';

/** Fields that belong to one connection, and those that are looked at elsewhere. */
const OF_A_HOP = new Set([
  'host',
  'connection',
  'proxy-connection',
  'keep-alive',
  'te',
  'upgrade',
  'content-length',
  'transfer-encoding',
]);

export function compareFields(sent: SentRequest, arrival: Arrival): Change[] {
  const names = new Set([...sent.headers, ...arrival.fields].map(([name]) => name.toLowerCase()));
  return [...names]
    .filter((name) => !OF_A_HOP.has(name) && !name.startsWith(':'))
    .flatMap((name) => compareField(sent, arrival, name) ?? []);
}

function compareField(sent: SentRequest, arrival: Arrival, name: string): Change | undefined {
  const left = sent.headers.filter((line) => line[0].toLowerCase() === name).map(([, value]) => value);
  const arrived = arrival.fields.filter((line) => line[0] === name).map(([, value]) => value);
  const what = `field ${name}`;
  if (name === sent.signatureField) {
    if (isSignatureIntact(sent, arrival)) return undefined;
    const how = signatureChange(arrived.length);
    const advice = 'have the hop pass it on: no other field that was tried arrives either';
    return { effect: 'breaks', what, how, advice };
  }
  if (name === 'x-forwarded-for' && left.length === 0) {
    return {
      effect: 'option',
      what,
      how: 'it is added: the connection is the proxy’s, the field has the client’s address',
      advice: 'the number of proxies in front that are yours; failures are then counted by client',
      option: { of: ['countersign'], name: 'proxies', value: 1 },
    };
  }
  // A value that the echo does not tell is taken to be the one that was sent.
  const same = left.length === arrived.length && left.every((value, i) => isSame(value, arrived[i]));
  if (same) return undefined;
  const told =
    sent.untold.has(name) || arrived.includes(null) ? {} : { sent: shown(left), arrived: shown(arrived) };
  const how = howChanged(left.length, arrived.length);
  const found = mismatch(sent, { headers: withLines(sent, name, arrived) });
  if (found === undefined) {
    const advice =
      left.length === 0
        ? 'nothing that a signature covers'
        : 'it is not signed, and could not be through these proxies';
    return { effect: 'harmless', what, how, advice, ...told };
  }
  return { effect: 'breaks', what, how, advice: advice(name, left.length), ...told };
}

function advice(name: string, sentLines: number): string {
  if (sentLines === 0) return `a verifier refuses a ${name} that is not signed: have the hop not add it`;
  if (name === LONG_FIELD) {
    return 'fields of your own do not arrive as they are: keep them out of signHeaders and requireSigned';
  }
  return fieldsSignedWhenPresent('').includes(name)
    ? 'it is signed whenever it is present: have the hop leave it alone, or do not send it'
    : 'have the hop leave it alone';
}

function howChanged(sent: number, arrived: number): string {
  if (sent === 0) return 'it is added';
  if (arrived === 0) return 'it is removed';
  return sent === arrived ? 'its value is changed' : `it stands on ${arrived} lines`;
}

function isSame(sent: string, arrived: string | null | undefined): boolean {
  return arrived === null || sent.trim() === arrived?.trim();
}

/** The lines that were sent, but those of one name as they arrived. */
function withLines(
  { headers }: SentRequest,
  name: string,
  values: readonly (string | null)[],
): readonly FieldLine[] {
  const others = headers.filter((line) => line[0].toLowerCase() !== name);
  return [...others, ...values.map((value): FieldLine => [name, value ?? ''])];
}

function shown(values: readonly (string | null)[]): string {
  return values.length === 0 ? '(none)' : values.join(', ');
}
