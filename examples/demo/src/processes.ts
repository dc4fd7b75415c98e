/**
 * The processes of the demo: started, talked to over IPC, and ended whatever happens. What they do is theirs; see
 * `server/main.ts` and `client/main.ts`.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { VerdictEvent } from '@countersign/server';
import type { CallResult, ClientSettings, Done, FromClient, Job, ToClient } from './client/messages.js';
import type { FromServer, ServerSettings, ToServer } from './server/messages.js';

type Started = Exclude<FromServer, { readonly type: 'verdict' }>;

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
  readonly startServer: (settings: Omit<ServerSettings, 'watched'>) => Promise<ServerProcess>;
  readonly startClient: (settings: ClientSettings) => Promise<ClientProcess>;
  /** Ends all that still run. */
  readonly killAll: () => Promise<void>;
}

/** @param onVerdict hears of every verdict of every server */
export function createProcesses(onVerdict?: (event: VerdictEvent) => void): Processes {
  const running = new Set<ChildProcess>();
  let closing = false;

  const start = (module: string): ChildProcess => {
    // A step may go on after its time: it must not leave a process behind.
    if (closing) throw new Error('all processes were ended');
    // In groups of their own: Ctrl-C is for the orchestrator, which ends them.
    const child = fork(new URL(module, import.meta.url), { execArgv: [], detached: true });
    running.add(child);
    child.on('exit', () => running.delete(child));
    return child;
  };
  /** The next message of this kind. Rejects when the process ends first, unless all are ended. */
  const next = <Message>(child: ChildProcess, wanted: (message: Message) => boolean): Promise<Message> =>
    new Promise((resolve, reject) => {
      const onMessage = (message: unknown): void => {
        if (!wanted(message as Message)) return;
        stopListening();
        resolve(message as Message);
      };
      const onEnd = (why: unknown): void => {
        stopListening();
        if (!closing) reject(new Error(`a process ended (${String(why)}) instead of answering`));
      };
      const stopListening = (): void => {
        child.off('message', onMessage).off('exit', onEnd).off('error', onEnd);
      };
      child.on('message', onMessage).on('exit', onEnd).on('error', onEnd);
    });
  const kill = async (child: ChildProcess): Promise<void> => {
    if (!running.has(child)) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };

  return {
    startServer: async (settings) => {
      const child = start('./server/main.js');
      child.on('message', (message: FromServer) => {
        if (message.type === 'verdict') onVerdict?.(message.event);
      });
      tell<ToServer>(child, {
        type: 'start',
        settings: { ...settings, watched: onVerdict !== undefined },
      });
      // Its first word: it gives no verdict before.
      const answer = await next<Started>(child, () => true);
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
      await next<FromClient>(child, ({ type }) => type === 'ready');
      return {
        run: async (job) => {
          jobs += 1;
          const id = jobs;
          tell<ToClient>(child, { type: 'run', id, job });
          const { results, sent } = await next<Done>(child, (message) => message.id === id);
          return { results, sent };
        },
      };
    },
    killAll: async () => {
      closing = true;
      await Promise.all([...running].map(kill));
    },
  };
}

function tell<Message extends object>(child: ChildProcess, message: Message): void {
  // A process that has ended says so itself.
  child.send(message, () => {});
}
