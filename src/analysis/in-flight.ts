/** Attempts open at each instant, told by a heap of the ends of those sent so far. */
export interface InFlight {
  /** An attempt of this variant was sent; `nowMs` never goes back. Returns how many of the variant are open now. */
  open(variant: number, nowMs: number, finishedMs: number): number;
  /** Attempts of this variant still open at `nowMs`. */
  at(variant: number, nowMs: number): number;
  /** The most open at once, all variants together. */
  max(): number;
}

export function inFlight(variants: number): InFlight {
  let ends = new Float64Array(256);
  let owners = new Uint16Array(256);
  let size = 0;
  let most = 0;
  const openOf = new Int32Array(variants);

  const grow = () => {
    const widerEnds = new Float64Array(ends.length * 2);
    const widerOwners = new Uint16Array(ends.length * 2);
    widerEnds.set(ends);
    widerOwners.set(owners);
    ends = widerEnds;
    owners = widerOwners;
  };
  const push = (endMs: number, owner: number) => {
    if (size === ends.length) grow();
    let at = size;
    size += 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((ends[parent] as number) <= endMs) break;
      ends[at] = ends[parent] as number;
      owners[at] = owners[parent] as number;
      at = parent;
    }
    ends[at] = endMs;
    owners[at] = owner;
  };
  const pop = () => {
    const owner = owners[0] as number;
    openOf[owner] = (openOf[owner] as number) - 1;
    size -= 1;
    const endMs = ends[size] as number;
    const last = owners[size] as number;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && (ends[child + 1] as number) < (ends[child] as number)) child += 1;
      if ((ends[child] as number) >= endMs) break;
      ends[at] = ends[child] as number;
      owners[at] = owners[child] as number;
      at = child;
    }
    ends[at] = endMs;
    owners[at] = last;
  };
  const closeUntil = (nowMs: number) => {
    while (size > 0 && (ends[0] as number) <= nowMs) pop();
  };

  return {
    open(variant, nowMs, finishedMs) {
      closeUntil(nowMs);
      push(finishedMs, variant);
      openOf[variant] = (openOf[variant] as number) + 1;
      if (size > most) most = size;
      return openOf[variant] as number;
    },
    at(variant, nowMs) {
      closeUntil(nowMs);
      return openOf[variant] as number;
    },
    max: () => most,
  };
}
