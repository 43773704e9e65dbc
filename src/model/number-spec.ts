/** A number, or a distribution it is drawn from. Unit as the field that holds it. */
export type NumberSpec =
  | { readonly kind: 'fixed'; readonly value: number }
  /** ln(x) is normal with mean `mu` and deviation `sigma`; values above `max` are drawn again. */
  | { readonly kind: 'lognormal'; readonly mu: number; readonly sigma: number; readonly max: number | null };
