/** The buttons that fire scenarios at the server, each with what came of it. */
import type { ScenarioButton, ScenarioOutcome } from '../wire.js';
import { element } from './live-element.js';

/** Asks for the scenarios and makes their buttons; the section stays hidden when there are none. */
export async function makeScenarios(section: HTMLElement, list: HTMLElement): Promise<void> {
  const answer = await fetch('scenarios');
  if (!answer.ok) return;
  const buttons: readonly ScenarioButton[] = await answer.json();
  list.append(...buttons.map(makeButton));
  section.hidden = buttons.length === 0;
}

function makeButton({ id, title, what }: ScenarioButton): HTMLElement {
  const outcome = element('output', { class: 'outcome' });
  const button = element(
    'button',
    { type: 'button', class: 'button', 'aria-describedby': `what-${id}`, 'data-scenario': id },
    title,
  );
  let running = false;
  button.addEventListener('click', async () => {
    // It stays where the focus is, so it is not disabled while it runs.
    if (running) return;
    running = true;
    button.setAttribute('aria-disabled', 'true');
    outcome.className = 'outcome';
    outcome.textContent = 'Running…';
    const came = await fire(id);
    outcome.className = `outcome ${came.ok ? 'ok' : 'failed'}`;
    outcome.textContent = came.outcome;
    button.removeAttribute('aria-disabled');
    running = false;
  });
  return element('li', {}, button, element('p', { class: 'soft', id: `what-${id}` }, what), outcome);
}

async function fire(id: string): Promise<ScenarioOutcome> {
  try {
    const answer = await fetch(`scenarios/${id}`, { method: 'POST' });
    const isJson = answer.headers.get('content-type')?.startsWith('application/json') === true;
    return isJson ? await answer.json() : { ok: false, outcome: `The server answered ${answer.status}.` };
  } catch {
    return { ok: false, outcome: 'The server did not answer.' };
  }
}
