/**
 * Things ordered by when they fall idle, for things whose time moves later while they queue. A binary heap that
 * sorts a thing in again only when it comes to the top, so what is used often costs the queue nothing.
 */

export interface IdleQueue<T> {
  readonly push: (item: T) => void;
  /** The thing that is idle first. */
  readonly first: () => T | undefined;
  /** The same, if it is idle at this time. Costs next to nothing when it is not. */
  readonly idleBy: (atMs: number) => T | undefined;
  /** Takes it out. */
  readonly pop: () => T | undefined;
}

interface Place<T> {
  readonly item: T;
  /** When the thing was to fall idle as it was sorted in; the truth is this or later. */
  idleAtMs: number;
}

/** @param idleAtMs when a thing falls idle; must not move earlier while it queues */
export function createIdleQueue<T>(idleAtMs: (item: T) => number): IdleQueue<T> {
  const heap: Place<T>[] = [];

  const timeAt = (index: number): number => heap[index]?.idleAtMs ?? Number.POSITIVE_INFINITY;
  const sink = (place: Place<T>): void => {
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const earlier = timeAt(left + 1) < timeAt(left) ? left + 1 : left;
      const child = heap[earlier];
      if (child === undefined || child.idleAtMs >= place.idleAtMs) break;
      heap[index] = child;
      index = earlier;
    }
    heap[index] = place;
  };
  const rise = (place: Place<T>): void => {
    let index = heap.length;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || parent.idleAtMs <= place.idleAtMs) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = place;
  };

  const first = (): T | undefined => {
    for (;;) {
      const [top] = heap;
      if (top === undefined) return undefined;
      const trueMs = idleAtMs(top.item);
      if (trueMs <= top.idleAtMs) return top.item;
      top.idleAtMs = trueMs;
      sink(top);
    }
  };

  return {
    push: (item) => rise({ item, idleAtMs: idleAtMs(item) }),
    first,
    // No thing is idle before the top was to be.
    idleBy: (atMs) => {
      if (timeAt(0) > atMs) return undefined;
      const item = first();
      return timeAt(0) > atMs ? undefined : item;
    },
    pop: () => {
      const item = first();
      const last = heap.pop();
      if (last !== undefined && heap.length > 0) sink(last);
      return item;
    },
  };
}
