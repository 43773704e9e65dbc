/**
 * Arrival times are whole microseconds: far below what a timer can keep, and a last digit that differs between two
 * computations of one instant rounds away. Sums are taken over integers and divided once at the end.
 */
export function microsecondsOf(ms: number): number {
  return Math.round(ms * 1000);
}

export function millisecondsOf(us: number): number {
  return us / 1000;
}
