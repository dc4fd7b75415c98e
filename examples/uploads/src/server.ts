/**
 * Multipart uploads on Express 5 with multer, mounted after the verifier. Small ones are verified before they count; large
 * ones go to the disk while they are hashed, under a name that nobody looks for, and get their own when they are verified.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline, type Writable } from 'node:stream';
import { answerRefusedBody, countersign } from '@countersign/express';
import { createVerifier, keyring, memoryStore, type VerifierOptions } from '@countersign/server';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import multer from 'multer';

/** The name under which clients sign for this API. */
export const AUDIENCE = 'api.example.com';

const MIB = 1024 * 1024;
const MAX_DOCUMENT_BYTES = MIB;
const MAX_VIDEO_BYTES = 64 * MIB;

export interface UploadOptions {
  /** Of the key `partner_1`. */
  readonly secret: string;
  /** Gets two folders: `incoming`, which is emptied at start, and `kept`. */
  readonly folder: string;
}

export function createUploadApi({ secret, folder }: UploadOptions): Express {
  const [incoming, kept] = [join(folder, 'incoming'), join(folder, 'kept')];
  // What a crash has left there was never verified.
  rmSync(incoming, { recursive: true, force: true });
  for (const dir of [incoming, kept]) mkdirSync(dir, { recursive: true });

  const shared: VerifierOptions = {
    audience: AUDIENCE,
    keys: keyring({ partner_1: { secret, owner: 'acme', scopes: ['documents', 'videos'] } }),
    limits: { '*': '1000/m', documents: '4/2s', videos: '30/m' },
    // One memory for both verifiers, which differ in how large a body may be.
    store: memoryStore(),
  };
  const small = createVerifier({ ...shared, maxBodyBytes: MAX_DOCUMENT_BYTES });
  const large = createVerifier({ ...shared, maxBodyBytes: MAX_VIDEO_BYTES, bodyTimeoutMs: 120_000 });
  const api = express();

  // Buffered: multer parses bytes that were verified. A wrong or cut body costs nothing, and never comes this far.
  api.post(
    '/v1/documents',
    countersign(small, { scope: 'documents' }),
    multer({ storage: multer.memoryStorage(), limits: { files: 1 } }).single('file'),
    (request, response) => {
      const { originalname: name = '', size: bytes = 0 } = request.file ?? {};
      response.status(201).json({ name, bytes, note: request.body.note });
    },
  );

  // Streamed: multer writes to `incoming` what is not verified yet. It is given the stream that is hashed, which fails at
  // its end when the body is not the signed one; then multer removes what it has written.
  const toDisk: multer.Options & { streamHandler: (request: Request, parser: Writable) => void } = {
    dest: incoming,
    limits: { files: 1 },
    streamHandler: (request, parser) => pipeline(request.countersign.body, parser, () => {}),
  };
  api.post(
    '/v1/videos',
    countersign(large, { scope: 'videos', body: 'stream' }),
    multer(toDisk).single('file'),
    async (request, response) => {
      const { path, originalname: name, size: bytes } = request.file ?? {};
      if (path === undefined) return void response.status(400).json({ error: 'no part named "file"' });
      try {
        await request.countersign.verified;
        const id = randomUUID();
        await rename(path, join(kept, id));
        response.status(201).json({ id, name, bytes });
      } finally {
        // Whatever went wrong, nothing stays. After the rename there is nothing here.
        await rm(path, { force: true });
      }
    },
  );

  // Answers a streamed body that turned out not to be the signed one.
  api.use(answerRefusedBody);
  api.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    // The client went away: there is nobody to answer.
    if (response.destroyed) return;
    if (error instanceof multer.MulterError) response.status(400).json({ error: error.code });
    else next(error);
  });
  return api;
}
