/**
 * Reads a recorded request with Node's own HTTP parser: a server that listens nowhere is given the recording as a
 * connection. So framing, chunks and field lines are what a Node server would have made of them, and what it refuses is
 * refused here. It verifies nothing.
 */
import { createServer, type IncomingMessage, METHODS } from 'node:http';
import { duplexPair } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { UsageError } from '../terminal/usage-error.js';
import { recordedText } from './recorded-text.js';

/** A recorded request, ready to be read. */
export interface Recording {
  readonly incoming: IncomingMessage;
  /** Whether a body can be in the recording at all. */
  readonly holdsBody: boolean;
  /** What it was taken for, and what is odd about it. */
  readonly notes: readonly string[];
}

/**
 * @param place how errors name the recording
 * @throws UsageError when Node's parser finds no request in it
 */
export async function openRecording(place: string, given: Uint8Array): Promise<Recording> {
  const { bytes, holdsBody, notes } = recordedText(place, given);
  // Whether a missing Host matters, the verifier decides.
  const server = createServer({ requireHostHeader: false });
  const requests: IncomingMessage[] = [];
  let refused: Error | undefined;
  const take = (incoming: IncomingMessage): void => void requests.push(incoming);
  server.on('request', take).on('checkContinue', take).on('checkExpectation', take).on('connect', take);
  server.on('clientError', (error) => {
    refused = error;
  });
  const [client, connection] = duplexPair();
  server.emit('connection', connection);
  client.write(bytes);
  // Node parses what it is given in one go.
  await setImmediate();

  const [incoming, second] = requests;
  if (incoming === undefined) throw new UsageError(`${place}: ${whyRefused(bytes, refused)}`);
  const odd: string[] = [];
  if (!incoming.complete && holdsBody) {
    odd.push(
      refused === undefined
        ? 'the recording ends before the body does'
        : `Node's parser stops in the body: ${words(refused)}`,
    );
  } else if (second !== undefined || refused !== undefined) {
    odd.push(
      'more follows the end of the request, and was not looked at (a body is as long as Content-Length says, else empty)',
    );
  }
  // To whoever reads on, the client has gone away.
  if (!incoming.complete) connection.destroy();
  return { incoming, holdsBody, notes: [...notes, ...odd] };
}

function whyRefused(bytes: Buffer, refused: Error | undefined): string {
  const [method = ''] = bytes.toString('latin1', 0, 64).split(' ', 1);
  if (!METHODS.includes(method)) return `Node's HTTP parser knows no method ${JSON.stringify(method)}`;
  return refused === undefined
    ? 'no complete request head'
    : `Node's HTTP parser, and so a Node server, refuses it before any verifier: ${words(refused)}`;
}

function words(error: Error): string {
  return error.message.replace(/^Parse Error: /, '');
}
