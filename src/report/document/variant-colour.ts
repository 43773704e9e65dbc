import type { Comparison } from '../../model/comparison.ts';

const CURVES = 8;

/** Colour of a variant in tables and overlay charts: one of the curves, by its place among the variants. */
export const variantColour = ({ variants }: Comparison, name: string): string =>
  `curve-${(Math.max(0, variants.indexOf(name)) % CURVES) + 1}`;
