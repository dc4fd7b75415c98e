import { afterEach, describe, expect, it, vi } from 'vitest';
import { memoryStoreSettings } from '../src/memory/memory-store-options.js';
import { observer } from '../src/observer.js';

afterEach(() => vi.restoreAllMocks());

describe('a hook that only observes', () => {
  const error = new Error('hook');

  it.each([
    [
      'throws',
      (): never => {
        throw error;
      },
    ],
    ['rejects', () => Promise.reject(error)],
  ])('that %s is logged by its name and changes nothing', async (_, hook) => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    expect(observer('onVerdict', hook)('seen')).toBeUndefined();
    await Promise.resolve();
    expect(log.mock.calls).toEqual([['countersign: onVerdict threw', error]]);
  });

  it('is what the memory store warns by: a warning in the background must not end the process', () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { onWarning } = memoryStoreSettings({
      onWarning: () => {
        throw error;
      },
    });
    expect(() => onWarning('cannot write')).not.toThrow();
    expect(log).toHaveBeenCalledWith('countersign: onWarning threw', error);
  });
});
