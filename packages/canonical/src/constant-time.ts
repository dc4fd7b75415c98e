/**
 * Comparison of MACs in a time that depends on their length alone, in plain code so that every runtime has it.
 */

/** Whether two texts are equal. Reads both to the end wherever they differ; unequal lengths are unequal. */
export function constantTimeEqual(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
