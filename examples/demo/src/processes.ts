/**
 * The processes of the demo: started, talked to over IPC, and ended whatever happens. What they do is theirs; see
 * `server/main.ts` and `client/main.ts`.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { CallResult, ClientSettings, FromClient, Job, ToClient } from './client/messages.js';
import type { FromServer, ServerSettings, ToServer } from './server/messages.js';

export interface ServerProcess {
  readonly port: number;
  /** What its store said at the start. */
  readonly warnings: readonly string[];
  /** Ends it as a power cut would. */
  readonly kill: () => Promise<void>;
  /** Ends it as a deployment would. */
  readonly stop: () => Promise<void>;
}

export interface ClientProcess {
  /** Carries a job out. `sent` is how many requests that took. */
  readonly run: (job: Job) => Promise<{ readonly results: readonly CallResult[]; readonly sent: number }>;
}

export interface Processes {
  /** Rejects with what the server says when it cannot start. */
  readonly startServer: (settings: ServerSettings) => Promise<ServerProcess>;
  readonly startClient: (settings: ClientSettings) => Promise<ClientProcess>;
  /** Ends all that still run. */
  readonly killAll: () => Promise<void>;
}

export function createProcesses(): Processes {
  const running = new Set<ChildProcess>();

  const start = (module: string): ChildProcess => {
    const child = fork(new URL(module, import.meta.url), { execArgv: [] });
    running.add(child);
    child.on('exit', () => running.delete(child));
    return child;
  };
  const kill = async (child: ChildProcess): Promise<void> => {
    if (!running.has(child)) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };

  return {
    startServer: async (settings) => {
      const child = start('./server/main.js');
      tell<ToServer>(child, { type: 'start', settings });
      const answer = await nextMessage<FromServer>(child, () => true);
      if (answer.type === 'failed') throw new Error(answer.message);
      const stop = async (): Promise<void> => {
        const exited = once(child, 'exit');
        tell<ToServer>(child, { type: 'stop' });
        await exited;
      };
      return { port: answer.port, warnings: answer.warnings, kill: () => kill(child), stop };
    },
    startClient: async (settings) => {
      const child = start('./client/main.js');
      child.setMaxListeners(100);
      let jobs = 0;
      tell<ToClient>(child, { type: 'start', settings });
      await nextMessage<FromClient>(child, ({ type }) => type === 'ready');
      return {
        run: async (job) => {
          jobs += 1;
          const id = jobs;
          tell<ToClient>(child, { type: 'run', id, job });
          const done = await nextMessage<FromClient>(child, (m) => m.type === 'done' && m.id === id);
          if (done.type !== 'done') throw new Error('not reached');
          return { results: done.results, sent: done.sent };
        },
      };
    },
    killAll: async () => {
      await Promise.all([...running].map(kill));
    },
  };
}

function tell<Message extends object>(child: ChildProcess, message: Message): void {
  child.send(message);
}

/** The next message of this kind. Rejects when the process ends first. */
function nextMessage<Message>(child: ChildProcess, wanted: (message: Message) => boolean): Promise<Message> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown): void => {
      if (wanted(message as Message)) settle(() => resolve(message as Message));
    };
    const onExit = (code: number | null, signal: string | null): void => {
      settle(() => reject(new Error(`the process ended with ${signal ?? code} instead of answering`)));
    };
    const settle = (how: () => void): void => {
      child.off('message', onMessage);
      child.off('exit', onExit);
      how();
    };
    child.on('message', onMessage);
    child.on('exit', onExit);
  });
}
