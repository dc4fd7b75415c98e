/** How the demonstration tells: scenes of lines, each with what was sent, what came back, and whether that was promised. */

export interface Scene {
  readonly title: string;
  /** Why it ends as it does, in a sentence. */
  readonly why: string;
  readonly play: (line: TellLine) => Promise<void>;
}

/** Tells one line. When what came back is not what was promised, the promise is broken. */
export type TellLine = (sent: string, cameBack: string, promised: string) => void;

export interface Line {
  readonly sent: string;
  readonly cameBack: string;
  readonly promised: string;
}

/** Plays a scene to its end. What it throws is a line that was not promised. */
export async function playScene(scene: Scene): Promise<readonly Line[]> {
  const lines: Line[] = [];
  try {
    await scene.play((sent, cameBack, promised) => lines.push({ sent, cameBack, promised }));
  } catch (error) {
    const cameBack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    lines.push({ sent: 'the scene', cameBack, promised: 'comes to its end' });
  }
  return lines;
}

/**
 * Plays scenes one after the other and prints them. Resolves to whether every promise was kept.
 *
 * @param numbers of those that are played, from 1; none: all
 */
export async function playAll(
  scenes: readonly Scene[],
  print: (text: string) => void,
  numbers: readonly number[] = [],
): Promise<boolean> {
  let [kept, told] = [0, 0];
  for (const [i, scene] of scenes.entries()) {
    if (numbers.length > 0 && !numbers.includes(i + 1)) continue;
    print(`\n${i + 1}. ${scene.title}`);
    const lines = await playScene(scene);
    const width = Math.max(...lines.map(({ sent }) => sent.length));
    for (const { sent, cameBack, promised } of lines) {
      told += 1;
      if (cameBack === promised) kept += 1;
      print(`   ${cameBack === promised ? 'kept  ' : 'BROKEN'}  ${sent.padEnd(width)}  ${cameBack}`);
      if (cameBack !== promised) print(`           promised: ${promised}`);
    }
    print(`   ${scene.why}`);
  }
  print(`\n${kept} of ${told} promises kept`);
  return told > 0 && kept === told;
}
