/** An attempt that can be found by what its end will say. */
export interface Findable {
  readonly requestId: string;
  readonly attemptNo: number;
  /** The next one in the same bucket; belongs to the table. */
  next: Findable | null;
}

export interface OpenAttempts<T extends Findable> {
  add(attempt: T): void;
  /** Removes and returns the attempt last added with this id and number; null when there is none. */
  take(requestId: string, attemptNo: number): T | null;
  all(): readonly T[];
}

const FIRST_BUCKETS = 256;

/**
 * A hash table chained through its entries. No `Map`: entries that come and go make it rehash every few dozen of them,
 * and each table it leaves behind points to the one after it. Once one of them is old, all that follow, with the records
 * they held, outlive the young generation: 200 MB over a day's forecast.
 */
export function openAttempts<T extends Findable>(): OpenAttempts<T> {
  let buckets: (T | null)[] = new Array(FIRST_BUCKETS).fill(null);
  let size = 0;

  function put(attempt: T): void {
    const at = hashOf(attempt.requestId) & (buckets.length - 1);
    attempt.next = buckets[at] ?? null;
    buckets[at] = attempt;
  }

  /** Oldest first within a bucket, so that the newest is found first again. */
  function grow(): void {
    const found = all();
    buckets = new Array(buckets.length * 2).fill(null);
    for (const attempt of found.reverse()) put(attempt);
  }

  function all(): T[] {
    const found: T[] = [];
    for (const first of buckets) for (let each = first; each !== null; each = each.next as T | null) found.push(each);
    return found;
  }

  return {
    all,
    add(attempt) {
      if (size === buckets.length) grow();
      put(attempt);
      size += 1;
    },
    take(requestId, attemptNo) {
      const at = hashOf(requestId) & (buckets.length - 1);
      let before: T | null = null;
      for (let each = buckets[at] ?? null; each !== null; each = each.next as T | null) {
        if (each.attemptNo === attemptNo && each.requestId === requestId) {
          if (before === null) buckets[at] = each.next as T | null;
          else before.next = each.next;
          each.next = null;
          size -= 1;
          return each;
        }
        before = each;
      }
      return null;
    },
  };
}

/** Ids of one run differ in their last digits. */
function hashOf(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  return hash ^ (hash >>> 15);
}
