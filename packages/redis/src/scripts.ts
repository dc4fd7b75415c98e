/**
 * The scripts, compiled with a store's settings. The text is all that a server needs to know of them.
 */
import { createHash } from 'node:crypto';
import { admitScript } from './script/admit.js';
import type { ScriptSettings } from './script/bucket.js';
import { declareScript } from './script/declare.js';
import { claimScript, leaveScript, settleScript } from './script/homes.js';
import { touchScript } from './script/touch.js';
import { undoScript } from './script/undo.js';

export interface Script {
  readonly text: string;
  readonly sha: string;
}

export interface Scripts {
  readonly admit: Script;
  readonly declare: Script;
  readonly touch: Script;
  readonly undo: Script;
  readonly claim: Script;
  readonly leave: Script;
  readonly settle: Script;
}

export function compileScripts(settings: ScriptSettings): Scripts {
  return {
    admit: compile(admitScript(settings)),
    declare: compile(declareScript(settings)),
    touch: compile(touchScript(settings)),
    undo: compile(undoScript(settings)),
    claim: compile(claimScript(settings)),
    leave: compile(leaveScript(settings)),
    settle: compile(settleScript(settings)),
  };
}

function compile(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}
