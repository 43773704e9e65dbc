/** Adjusted p-values for several tests at once, in the order given: compare each with the overall level. */
export function bonferroni(pValues: readonly number[]): readonly number[] {
  return pValues.map((p) => Math.min(1, p * pValues.length));
}

/** Holm's step-down correction (1979): controls the same error as Bonferroni and is never weaker. */
export function holm(pValues: readonly number[]): readonly number[] {
  const order = pValues.map((_, index) => index).sort((a, b) => (pValues[a] as number) - (pValues[b] as number));
  const adjusted = new Array<number>(pValues.length).fill(1);
  let highest = 0;
  order.forEach((index, rank) => {
    highest = Math.max(highest, Math.min(1, (pValues[index] as number) * (pValues.length - rank)));
    adjusted[index] = highest;
  });
  return adjusted;
}
